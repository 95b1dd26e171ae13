import { bareToken } from '../../../text.ts';
import { noToken, type Workload } from './workload.ts';

const preset = 'gitlab';

/**
 * The identity of a GitLab CI/CD job: a variable that the job asks for. It cannot be renewed.
 * https://docs.gitlab.com/ci/secrets/id_token_authentication/
 */
export const gitlab: Workload = {
  preset,
  source: 'variable',
  claims: [
    ['project_path'],
    ['project_id'],
    ['namespace_id'],
    ['ref'],
    ['ref_protected'],
    ['environment'],
    ['pipeline_source'],
  ],
  problem({ EDGE_UPLOAD_ID_TOKEN: token }, audience) {
    if (token) return undefined;
    return noToken(preset, 'the job has no EDGE_UPLOAD_ID_TOKEN', {
      hint: [
        'Let GitLab create it, in .gitlab-ci.yml:',
        '  id_tokens:',
        '    EDGE_UPLOAD_ID_TOKEN:',
        `      aud: ${audience}`,
      ],
    });
  },
  token: async ({ env }) => bareToken(env.EDGE_UPLOAD_ID_TOKEN ?? ''),
};
