import { ACCOUNT_ID, arnOf } from '../account.ts';
import { isObject, type JsonObject } from '../json.ts';

/** By service: the input member that names the resource, and the ARN without `arn:aws:…:`. */
const NAMED: Readonly<Record<string, readonly (readonly [member: string, resource: string])[]>> = {
  cloudformation: [['StackName', 'stack/<name>/*']],
  'cognito-idp': [['UserPoolId', 'userpool/<name>']],
  lambda: [['identifier', 'function:<name>']],
  logs: [['logGroupName', 'log-group:<name>']],
  sns: [['TopicArn', '<name>']],
  events: [
    ['Rule', 'rule/<name>'],
    ['Name', 'rule/<name>'],
  ],
  kms: [['KeyId', 'key/<name>']],
  iam: [
    ['RoleName', 'role/<name>'],
    ['PolicySourceArn', '<name>'],
  ],
  sts: [['RoleArn', '<name>']],
};

/** Returns the ARN of a call's resource, as policies name it; `*` for a call without one. */
export function resourceArn(service: string, input: unknown): string {
  const members: JsonObject = isObject(input) ? input : {};
  for (const [member, resource] of NAMED[service] ?? []) {
    const name = members[member];
    if (typeof name !== 'string') continue;
    if (name.startsWith('arn:')) return name;
    const filled = resource.replace('<name>', () => name);
    return service === 'iam' ? `arn:aws:iam::${ACCOUNT_ID}:${filled}` : arnOf(service, filled);
  }
  return '*';
}
