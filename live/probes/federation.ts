import { HeadObjectCommand } from '@aws-sdk/client-s3';
import { request } from 'undici';
import { IDP_ALIAS } from '../../protocol/issuer.ts';
import { MANAGED_LOGIN, REDIRECT_PATH } from '../../protocol/sign-in.ts';
import { REGION } from '../account.ts';
import { document } from '../command-line.ts';
import type { Probe } from '../probe.ts';

interface Description {
  readonly issuers: readonly {
    readonly alias: string;
    readonly clientId?: string;
    readonly tokenOrigin?: string;
  }[];
}

/** Returns the query that the command line sends to the managed login. */
function signInQuery(clientId: string): URLSearchParams {
  return new URLSearchParams({
    response_type: 'code',
    client_id: clientId,
    redirect_uri: `http://${MANAGED_LOGIN.host}:${MANAGED_LOGIN.ports[0]}${REDIRECT_PATH}`,
    scope: 'openid',
    identity_provider: IDP_ALIAS,
    state: 'probe',
    code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    code_challenge_method: 'S256',
  });
}

/** Probes of sign-ins with another issuer. */
export const FEDERATION: readonly Probe[] = [
  {
    name: 'managed-login',
    changes: true,
    claim:
      'The managed login of --idp redirects people to their provider, and the upload page can get tokens from it (CORS).',
    expected: { discovered: true, status: 302, toProvider: true, allowed: true },
    notHere: 'the embedded Cognito has no managed login',
    needs: ['EDGE_UPLOAD_LIVE_IDP', 'the SAML provider for --idp, such as saml:https://…'],
    async look({ run, stackName, url, edge, userPoolId }) {
      const named = ['--yes', '--stack-name', stackName];
      await document(run, ['deploy', '--idp', process.env.EDGE_UPLOAD_LIVE_IDP ?? '', ...named]);
      try {
        const described = await edge({ method: 'GET', path: '.well-known/edge-upload', token: false });
        const { issuers } = JSON.parse(described.body) as Description;
        const { clientId = '', tokenOrigin = '' } = issuers.find(({ alias }) => alias === IDP_ALIAS) ?? {};
        const pool = `https://cognito-idp.${REGION}.amazonaws.com/${userPoolId}`;
        const discovery = await request(`${pool}/.well-known/openid-configuration`);
        const endpoints = (await discovery.body.json()) as { readonly authorization_endpoint?: string };
        const sent = await request(`${tokenOrigin}/oauth2/authorize?${signInQuery(clientId)}`);
        await sent.body.dump();
        const target = String(sent.headers.location ?? '');
        const tokens = await request(`${tokenOrigin}/oauth2/token`, {
          method: 'POST',
          headers: { origin: url, 'content-type': 'application/x-www-form-urlencoded' },
          body: 'grant_type=authorization_code',
        });
        await tokens.body.dump();
        const allowed = String(tokens.headers['access-control-allow-origin']);
        return {
          discovered: endpoints.authorization_endpoint === `${tokenOrigin}/oauth2/authorize`,
          status: sent.statusCode,
          toProvider: URL.canParse(target) && !new URL(target).host.endsWith('.amazoncognito.com'),
          allowed: allowed === '*' || allowed === url,
        };
      } finally {
        await document(run, ['deploy', '--unset', 'idp', ...named]);
      }
    },
  },
  {
    name: 'job-token',
    changes: true,
    claim: 'A GitHub Actions job uploads with its own token, without a key or a sign-in.',
    expected: { stored: true, by: 'github' },
    needs: [
      'ACTIONS_ID_TOKEN_REQUEST_URL',
      'which GitHub Actions sets in jobs that are allowed to request tokens',
    ],
    async look({ run, stackName, url, s3, bucket, key }) {
      const named = ['--stack-name', stackName];
      const job = process.env;
      await document(run, [
        ...['trust', 'github', job.GITHUB_REPOSITORY ?? '', '--url', job.GITHUB_SERVER_URL ?? ''],
        // Private repositories cannot be looked up.
        ...[
          '--repository-id',
          job.GITHUB_REPOSITORY_ID ?? '',
          '--owner-id',
          job.GITHUB_REPOSITORY_OWNER_ID ?? '',
        ],
        ...['--write-to', '{issuer}/{sub}/', '--yes', ...named],
      ]);
      const put = await run(['put', '-', '--as', key(), '--json'], {
        input: 'probe',
        env: { EDGE_UPLOAD_URL: url },
      }).finally(() => document(run, ['trust', 'remove', 'github', '--yes', ...named]));
      if (put.code !== 0) throw new Error(`edge-upload put exited with ${put.code}: ${put.stdout.trim()}`);
      const [stored] = put.stdout.split('\n');
      const { key: Key } = JSON.parse(stored ?? '') as { readonly key: string };
      const { Metadata = {} } = await s3.send(new HeadObjectCommand({ Bucket: bucket, Key }));
      return { stored: true, by: Metadata['uploaded-by']?.split(':')[0] ?? null };
    },
  },
];
