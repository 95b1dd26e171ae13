import type { StackOptions } from '../../infra/options.ts';
import { synthesize } from '../../infra/synthesize.ts';
import type { Identity } from '../../infra/upload-stack.ts';

export interface Template {
  readonly Resources: Readonly<Record<string, Resource>>;
  readonly Outputs: Readonly<Record<string, { readonly Value: unknown }>>;
  readonly [section: string]: unknown;
}

export interface Resource {
  readonly Type: string;
  readonly Properties: Readonly<Record<string, unknown>>;
  readonly Metadata?: unknown;
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
}

const key = (kid: string) => ({ kty: 'RSA', kid, alg: 'RS256', use: 'sig', n: 'n'.repeat(342), e: 'AQAB' });

/** As large as they get: a pool has two keys. */
export const IDENTITY: Identity = {
  userPoolId: 'us-east-1_Ab1Cd2Ef3',
  clientId: '1h57kf5cpq17m0eml12EXAMPLE',
  jwks: { keys: [key('a'.repeat(44)), key('b'.repeat(44))] },
};

export function wholeTemplate(identity = IDENTITY, options: StackOptions = {}): Template {
  return JSON.parse(synthesize({ stackName: 'edge-upload', identity, options }).template) as Template;
}

export function halfTemplate(options: StackOptions = {}): Template {
  return JSON.parse(synthesize({ stackName: 'edge-upload', options }).template) as Template;
}

/** The logical id and the properties of the only resource of a type. */
export function only({ Resources }: Template, type: string): Resource & { readonly id: string } {
  const [found, ...more] = Object.entries(Resources).filter(([, resource]) => resource.Type === type);
  if (found === undefined || more.length > 0)
    throw new Error(`not one ${type} but ${found ? more.length + 1 : 0}`);
  const [id, resource] = found;
  return { id, ...resource };
}
