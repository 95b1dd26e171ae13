import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import { omitUndefined } from '../../protocol/fields.ts';
import { command } from '../command-line.ts';
import type { Context } from '../context.ts';
import { interrupted, systemCode, UserError } from '../errors.ts';
import { authority } from '../network/dispatcher.ts';
import { networkFailure } from '../network/network-failure.ts';
import { type ProxyServer, proxyFor } from '../network/proxy.ts';
import type { Target } from '../settings/target.ts';
import type { Check } from '../stack/checks/check.ts';

const TIMEOUT_MS = 10_000;

/** A certificate that expires sooner has not been renewed in time. Milliseconds. */
const EXPIRES_SOON_MS = 7 * 24 * 3600_000;

/** Error codes of a network without the IP family. */
const NO_ROUTE = new Set(['ENETUNREACH', 'EHOSTUNREACH', 'EADDRNOTAVAIL', 'EAFNOSUPPORT']);

interface Reached {
  /** Such as `TLSv1.3`. */
  readonly protocol: string;
  readonly issuer: string;
  readonly validTo: Date;
}

async function reach(address: string, { url, deployment }: Target, signal: AbortSignal): Promise<Reached> {
  const { hostname, port } = new URL(url);
  const ca = deployment?.local && authority(deployment.local);
  return new Promise<Reached>((resolve, reject) => {
    const socket: TLSSocket = connect({
      host: address,
      port: Number(port || 443),
      minVersion: 'TLSv1.2',
      // All other commands refuse a connection that only NODE_TLS_REJECT_UNAUTHORIZED=0 allows.
      rejectUnauthorized: true,
      ...(isIP(hostname) === 0 ? { servername: hostname } : {}),
      ...omitUndefined({ ca }),
    });
    const give = () => socket.destroy(interrupted());
    signal.addEventListener('abort', give, { once: true });
    socket.setTimeout(TIMEOUT_MS, () =>
      socket.destroy(Object.assign(new Error('no response'), { code: 'ETIMEDOUT' })),
    );
    socket.once('secureConnect', () => {
      const { issuer, valid_to } = socket.getPeerCertificate();
      resolve({
        protocol: socket.getProtocol() ?? '',
        issuer: [issuer.O ?? issuer.CN].flat().join(', '),
        validTo: new Date(valid_to),
      });
      socket.destroy();
    });
    socket.once('error', reject);
    socket.once('close', () => signal.removeEventListener('abort', give));
  });
}

/** Returns the host's first address of a family; `undefined` if it has none. */
async function addressOf(hostname: string, family: 4 | 6): Promise<string | undefined> {
  const host = hostname.replace(/^\[|\]$/g, '');
  if (isIP(host) !== 0) return isIP(host) === family ? host : undefined;
  try {
    return (await lookup(host, { family })).address;
  } catch (error) {
    // The request for the edge's description reports errors of the name itself.
    if (['ENOTFOUND', 'ENODATA', 'EAI_AGAIN', 'EADDRFAMILY'].includes(systemCode(error) ?? ''))
      return undefined;
    throw error;
  }
}

function proxyOf({ env }: Pick<Context, 'env'>, { url, deployment }: Target): ProxyServer | undefined {
  const { protocol, hostname, port } = new URL(url);
  if (protocol !== 'https:' || deployment?.local !== undefined) return undefined;
  return proxyFor(env, { hostname, port: Number(port || 443) });
}

/** Checks that the edge is reachable over one IP family, and reports the TLS version. */
function familyCheck(context: Context, target: Target, family: 4 | 6): Check {
  const { hostname, host } = new URL(target.url);
  return {
    name: `edge over IPv${family}`,
    run: async () => {
      const proxy = proxyOf(context, target);
      if (proxy !== undefined) return { skipped: `connections go through the proxy ${proxy.name}` };
      const address = await addressOf(hostname, family);
      if (address === undefined) return { skipped: `${hostname} has no such address` };
      try {
        const { protocol, issuer, validTo } = await reach(address, target, context.signal);
        const ends = validTo.toISOString().slice(0, 10);
        if (validTo.getTime() - context.now().getTime() < EXPIRES_SOON_MS) {
          throw new UserError('tls', `The certificate of ${host} ends on ${ends}.`, {
            hint: [
              'Ask the operator to renew it in AWS Certificate Manager. Renew a local one with:',
              command`edge-upload local start`,
            ],
          });
        }
        return { found: `${address}, ${protocol}, certificate by ${issuer} until ${ends}` };
      } catch (error) {
        if (NO_ROUTE.has(systemCode(error) ?? '')) return { skipped: `this network has no IPv${family}` };
        throw networkFailure(error, host) ?? error;
      }
    },
  };
}

export function connectionChecks(context: Context, target: Target): Check[] {
  return [familyCheck(context, target, 4), familyCheck(context, target, 6)];
}
