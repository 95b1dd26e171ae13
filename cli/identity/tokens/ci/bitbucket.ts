import { bareToken } from '../../../text.ts';
import { noToken, type Workload } from './workload.ts';

const preset = 'bitbucket';

/**
 * The identity of a Bitbucket Pipelines step: a variable of steps with `oidc`. It cannot be renewed.
 * https://support.atlassian.com/bitbucket-cloud/docs/integrate-pipelines-with-resource-servers-using-oidc/
 */
export const bitbucket: Workload = {
  preset,
  source: 'variable',
  claims: [['workspaceUuid'], ['repositoryUuid'], ['branchName'], ['deploymentEnvironmentUuid']],
  problem({ BITBUCKET_STEP_OIDC_TOKEN: token }, audience) {
    if (token) return undefined;
    return noToken(preset, 'the step has no oidc', {
      hint: [
        'Add it to the step, in bitbucket-pipelines.yml:',
        '  oidc:',
        '    audiences:',
        `      - ${audience}`,
      ],
    });
  },
  token: async ({ env }) => bareToken(env.BITBUCKET_STEP_OIDC_TOKEN ?? ''),
};
