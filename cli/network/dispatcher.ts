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

/**
 * The one way out to the network: proxies by `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` (either case), TLS 1.2 at least,
 * HTTP/1.1. `NODE_EXTRA_CA_CERTS` is Node's own doing. The caller closes it.
 */
export function openDispatcher({ env, caFile, connections }: DispatcherOptions): Dispatcher {
  // One context for all connections: reading authorities takes longer than a handshake.
  const secureContext = createSecureContext({
    minVersion: 'TLSv1.2',
    ...(caFile === undefined ? {} : { ca: authority(caFile) }),
  });
  const proxy = (name: string) => env[name.toLowerCase()] ?? env[name] ?? '';
  return new EnvHttpProxyAgent({
    httpProxy: proxy('HTTP_PROXY'),
    httpsProxy: proxy('HTTPS_PROXY'),
    noProxy: caFile === undefined ? proxy('NO_PROXY') : '*',
    connect: { secureContext, timeout: 10_000 },
    requestTls: { secureContext },
    ...(connections === undefined ? {} : { connections }),
  });
}
