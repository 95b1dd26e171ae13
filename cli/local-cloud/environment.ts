import type { Context } from '../context.ts';
import type { AccessKey } from '../settings/deployments.ts';
import { powerShellQuoted } from '../ui/shell-words.ts';
import type { RunningCloud } from './find.ts';

export const SHELLS = ['sh', 'fish', 'powershell'] as const;
export type Shell = (typeof SHELLS)[number];

/** Changes to an environment, in order. */
export interface Environment {
  readonly set: Readonly<Record<string, string>>;
  readonly unset: readonly string[];
}

/** Variables that override the endpoint or the credentials of AWS tools. */
const MISLEADING = [
  'AWS_PROFILE',
  'AWS_DEFAULT_PROFILE',
  'AWS_SESSION_TOKEN',
  'AWS_SECURITY_TOKEN',
  'AWS_CREDENTIAL_EXPIRATION',
  'AWS_IGNORE_CONFIGURED_ENDPOINT_URLS',
  'AWS_USE_FIPS_ENDPOINT',
  'AWS_USE_DUALSTACK_ENDPOINT',
];
/** Endpoints of single services. Stricter than a prefix, because names in an environment can contain any text. */
const SERVICE_ENDPOINT = /^AWS_ENDPOINT_URL_[A-Z0-9_]+$/;
const LOOPBACK = ['127.0.0.1', 'localhost'];

/**
 * Returns the variables that make AWS tools use the embedded cloud: endpoint, access key, region, certificate authority, and
 * no proxy for loopback.
 */
export function cloudEnvironment(
  env: Context['env'],
  { endpoint, caFile }: Pick<RunningCloud, 'endpoint' | 'caFile'>,
  { accessKeyId, secretAccessKey }: AccessKey,
): Environment {
  const noProxy = withLoopback(env.no_proxy || env.NO_PROXY || '');
  return {
    set: {
      AWS_ENDPOINT_URL: endpoint,
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
      AWS_REGION: 'us-east-1',
      AWS_DEFAULT_REGION: 'us-east-1',
      AWS_CA_BUNDLE: caFile,
      NODE_EXTRA_CA_CERTS: caFile,
      NO_PROXY: noProxy,
      no_proxy: noProxy,
    },
    unset: [...MISLEADING, ...Object.keys(env).filter((name) => SERVICE_ENDPOINT.test(name))],
  };
}

function withLoopback(noProxy: string): string {
  if (noProxy.trim() === '*') return noProxy;
  const hosts = noProxy.split(/[\s,]+/).filter((host) => host !== '');
  return [...hosts, ...LOOPBACK.filter((host) => !hosts.includes(host))].join(',');
}

interface Syntax {
  readonly quote: (text: string) => string;
  readonly set: (name: string, quoted: string) => string;
  readonly unset: (name: string) => string;
}

const SYNTAX: Readonly<Record<Shell, Syntax>> = {
  sh: {
    quote: (text) => `'${text.replaceAll("'", `'\\''`)}'`,
    set: (name, quoted) => `export ${name}=${quoted}`,
    unset: (name) => `unset ${name}`,
  },
  fish: {
    quote: (text) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`,
    set: (name, quoted) => `set -gx ${name} ${quoted}`,
    unset: (name) => `set -e ${name}`,
  },
  powershell: {
    quote: powerShellQuoted,
    set: (name, quoted) => `$env:${name} = ${quoted}`,
    unset: (name) => `Remove-Item Env:${name} -ErrorAction SilentlyContinue`,
  },
};

/** Returns shell commands that make these changes, one line each. */
export function shellCommands({ set, unset }: Environment, shell: Shell): string[] {
  const syntax = SYNTAX[shell];
  return [
    ...Object.entries(set).map(([name, value]) => syntax.set(name, syntax.quote(value))),
    ...unset.map((name) => syntax.unset(name)),
  ];
}
