import {
  allowInsecureRequests,
  ClientSecretPost,
  type Configuration,
  customFetch,
  discovery,
  None,
} from 'openid-client';
import { isSecureOrigin } from '../../../protocol/object-url.ts';
import { command } from '../../command-line.ts';
import type { Context } from '../../context.ts';
import { UserError } from '../../errors.ts';
import { openDispatcher } from '../../network/dispatcher.ts';
import type { LocalCloud } from '../../settings/deployments.ts';
import type { DescribedIssuer } from '../edge-description.ts';
import { withProviderErrors } from './provider-failures.ts';
import { providerFetch } from './provider-fetch.ts';

/** The properties of an issuer that requests to its provider need. */
export type ProviderAddress = Pick<DescribedIssuer, 'alias' | 'issuer' | 'clientSecretPublic'> & {
  readonly clientId: string;
};

/** Identity provider, as its discovery document describes it. */
export interface Provider {
  readonly address: ProviderAddress;
  /** Host that screens and errors name. */
  readonly host: string;
  /** Aborts every request. */
  readonly signal: AbortSignal;
  readonly config: Configuration;
  /** Returns true for an address that the user's browser can be sent to. */
  isSecure(address: string): boolean;
  close(): Promise<void>;
}

/**
 * Opens a provider; the caller closes it. Every endpoint comes from the issuer itself, whose document must repeat the
 * issuer exactly: the description of the edge cannot redirect requests to another host.
 * @param local set for a deployment in an embedded cloud, whose provider is allowed to use plain http on this computer
 * @param signal aborts requests; a refresh passes one that Ctrl-C does not abort
 */
export async function openProvider(
  context: Pick<Context, 'env' | 'sent'>,
  address: ProviderAddress,
  { local, signal }: { readonly local?: LocalCloud | undefined; readonly signal: AbortSignal },
): Promise<Provider> {
  const { issuer, clientId, clientSecretPublic: secret, alias } = address;
  const { host } = new URL(issuer);
  const isSecure = (text: string): boolean => {
    if (!URL.canParse(text)) return false;
    const url = new URL(text);
    if (url.username !== '' || url.password !== '') return false;
    return url.protocol === 'https:' || (local !== undefined && isSecureOrigin(url));
  };
  if (!isSecure(issuer)) {
    throw new UserError(
      'sign_in_refused',
      `The issuer ${alias} of this edge is not an https address: ${issuer}`,
      {
        hint: 'Do not sign in there. Ask the operator of the edge.',
      },
    );
  }
  const dispatcher = openDispatcher({ env: context.env, sent: context.sent });
  try {
    const config = await withProviderErrors({ host, signal }, `Reading the configuration of ${host}`, () =>
      discovery(
        new URL(issuer),
        clientId,
        undefined,
        secret === undefined ? None() : ClientSecretPost(secret),
        {
          [customFetch]: providerFetch(dispatcher, signal, context.sent),
          execute: local === undefined ? [] : [allowInsecureRequests],
        },
      ),
    );
    const { issuer: found } = config.serverMetadata();
    if (found !== issuer) throw otherIssuer(host, issuer, found);
    return { address, host, signal, config, isSecure, close: () => dispatcher.destroy() };
  } catch (error) {
    await dispatcher.destroy();
    throw error;
  }
}

function otherIssuer(host: string, expected: string, found: string): UserError {
  return new UserError(
    'sign_in_refused',
    `${host} describes the issuer ${found}, and the edge names ${expected}`,
    {
      hint: ['Ask the operator of the edge, who lists the issuers with:', command`edge-upload trust list`],
    },
  );
}
