import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { type Dispatcher, EnvHttpProxyAgent } from 'undici';
import type { Context } from '../context.ts';
import { systemCode, UserError } from '../errors.ts';

export interface DispatcherOptions {
  readonly env: Context['env'];
  /**
   * PEM file of an embedded cloud's authority. It alone is trusted then, and no proxy is used: such a cloud is on this
   * computer.
   */
  readonly caFile?: string;
  /** Most connections to one host at once; absent: undici's own bound (none). */
  readonly connections?: number;
}

function authority(caFile: string): string {
  try {
    return readFileSync(caFile, 'utf8');
  } catch (error) {
    throw new UserError(
      'local_cloud',
      `The embedded cloud's certificate ${caFile} cannot be read (${systemCode(error)}).`,
      {
        hint: 'Start it with: edge-upload local start   or deploy anew with: edge-upload deploy --local',
        cause: error,
      },
    );
  }
}

function eitherCase(env: Context['env'], name: string): string {
  return env[name.toLowerCase()] ?? env[name] ?? '';
}

/** As curl takes it: `host:port` is an http proxy. Its value may hold a password, and is not shown. */
function proxyAddress(env: Context['env'], name: string): string {
  const typed = eitherCase(env, name).trim();
  if (typed === '') return '';
  const address = typed.includes('://') ? typed : `http://${typed}`;
  if (!URL.canParse(address) || !/^https?:$/.test(new URL(address).protocol)) {
    throw new UserError('settings', `${name} in the environment is not the address of an http proxy.`, {
      hint: 'Write it as http://host:port, or do without it.',
    });
  }
  return address;
}

/**
 * The one way out to the network: proxies by `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` (either case), TLS 1.2 at least,
 * HTTP/1.1. `NODE_EXTRA_CA_CERTS` is Node's own doing. The caller closes it.
 * @throws {UserError} `settings` for a proxy's address that is none.
 */
export function openDispatcher({ env, caFile, connections }: DispatcherOptions): Dispatcher {
  // One context for all connections: reading authorities takes longer than a handshake.
  const secureContext = createSecureContext({
    minVersion: 'TLSv1.2',
    ...(caFile === undefined ? {} : { ca: authority(caFile) }),
  });
  const local = caFile !== undefined;
  return new EnvHttpProxyAgent({
    httpProxy: local ? '' : proxyAddress(env, 'HTTP_PROXY'),
    httpsProxy: local ? '' : proxyAddress(env, 'HTTPS_PROXY'),
    noProxy: local ? '*' : eitherCase(env, 'NO_PROXY'),
    connect: { secureContext, timeout: 10_000 },
    requestTls: { secureContext },
    ...(connections === undefined ? {} : { connections }),
  });
}
