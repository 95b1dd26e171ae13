import { readFields } from '../../../../protocol/fields.ts';
import { isSecureOrigin } from '../../../../protocol/object-url.ts';
import { requestToken } from './request-token.ts';
import { noToken, type Workload } from './workload.ts';

const preset = 'github';

const PERMISSION = [
  'Give the job the permission, in the workflow file:',
  '  permissions:',
  '    id-token: write',
];

/** Checks the address of the runner, so that the request's token is never sent in clear text. */
function endpoint(address: string): URL {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url !== undefined && isSecureOrigin(url) && url.username === '' && url.password === '') return url;
  throw noToken(preset, 'ACTIONS_ID_TOKEN_REQUEST_URL is not an https address', {
    code: 'settings',
    hint: 'The runner sets this variable. Remove what changes it from the job.',
  });
}

/**
 * The identity of a GitHub Actions job. The runner gives another token at any time of the job.
 * https://docs.github.com/actions/reference/security/oidc
 */
export const github: Workload = {
  preset,
  source: 'request',
  claims: [
    ['repository'],
    ['repository_id'],
    ['repository_owner_id'],
    ['ref'],
    ['environment'],
    ['event_name'],
    ['job_workflow_ref'],
    ['runner_environment'],
  ],
  problem({ ACTIONS_ID_TOKEN_REQUEST_URL: address, ACTIONS_ID_TOKEN_REQUEST_TOKEN: credential }) {
    if (address && credential) return undefined;
    return noToken(preset, 'the job lacks the permission id-token: write', { hint: PERMISSION });
  },
  async token(job) {
    const { ACTIONS_ID_TOKEN_REQUEST_URL: address = '', ACTIONS_ID_TOKEN_REQUEST_TOKEN: credential = '' } =
      job.env;
    const url = endpoint(address);
    url.searchParams.set('audience', job.audience);
    const { text } = await requestToken(job, {
      preset,
      url,
      headers: { accept: 'application/json', authorization: `Bearer ${credential}` },
      hint: 'The runner issues tokens for the first 6 hours of a job. Run the job again.',
    });
    return String(readFields(text)?.value ?? '');
  },
};
