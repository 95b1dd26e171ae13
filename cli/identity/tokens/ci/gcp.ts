import { Agent } from 'undici';
import { requestToken } from './request-token.ts';
import { noToken, type Workload } from './workload.ts';

const preset = 'gcp';

const HOST = 'metadata.google.internal';
const PATH = '/computeMetadata/v1/instance/service-accounts/default/identity';

/** Outside of Google Cloud, no server responds at the address. */
const CONNECT_MS = 3_000;

/**
 * The service account of a Google Cloud workload. Its metadata server speaks plain http on the link of the computer, so
 * no proxy is used; the request carries no credential.
 * https://cloud.google.com/docs/authentication/get-id-token
 */
export const gcp: Workload = {
  preset,
  source: 'request',
  claims: [['email'], ['sub']],
  async token(job) {
    const host = job.env.GCE_METADATA_HOST || HOST;
    if (!/^[\w.-]+(?::\d{1,5})?$/.test(host)) {
      throw noToken(preset, 'GCE_METADATA_HOST is not a host', { code: 'settings', hint: 'Unset it.' });
    }
    const url = new URL(`http://${host}${PATH}`);
    url.searchParams.set('audience', job.audience);
    url.searchParams.set('format', 'full');
    const { headers, text } = await requestToken(job, {
      preset,
      url,
      headers: { 'metadata-flavor': 'Google' },
      hint: 'The workload needs a service account.',
      dispatcher: new Agent({ connect: { timeout: CONNECT_MS } }),
    });
    // Elsewhere, the address can belong to another server of the network.
    return headers['metadata-flavor'] === 'Google' ? text.trim() : '';
  },
};
