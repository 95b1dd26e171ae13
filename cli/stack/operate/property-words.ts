import { table } from '../../table.ts';

/** Properties that people know by another name than CloudFormation's. */
const WORDS = table<string>({
  AccessTokenValidity: 'token validity',
  AssumeRolePolicyDocument: 'trusted services',
  CallbackURLs: 'redirect addresses',
  BucketEncryption: 'encryption',
  DistributionConfig: 'settings',
  EnabledMfas: 'second factors',
  IdTokenValidity: 'token validity',
  LifecycleConfiguration: 'expiry of objects',
  MfaConfiguration: 'second factors',
  NotificationConfiguration: 'events',
  OwnershipControls: 'object ownership',
  PolicyDocument: 'access rules',
  ResponseHeadersPolicyConfig: 'allowed origins',
  TokenValidityUnits: 'token validity',
  UserPoolTags: 'tags',
  UserPoolTier: 'feature plan',
  VersioningConfiguration: 'versioning',
});

/** Returns the properties of a resource in plain words: `expiry of objects`, `memory size`. */
export function propertyWords(names: readonly string[]): string[] {
  const words = names.map((name) => WORDS[name] ?? name.replace(/(?<=[a-z\d])(?=[A-Z])/g, ' ').toLowerCase());
  return [...new Set(words)];
}
