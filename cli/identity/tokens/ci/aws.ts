import { table } from '../../../../protocol/fields.ts';
import { interrupted } from '../../../errors.ts';
import { stsClient } from '../../../network/aws.ts';
import { networkFailure } from '../../../network/network-failure.ts';
import { noToken, type Workload } from './workload.ts';

const preset = 'aws';

const HINTS = table<string>({
  OutboundWebIdentityFederationDisabledException:
    'An administrator of the AWS account enables it: aws iam enable-outbound-web-identity-federation',
  AccessDenied: 'The role needs the permission sts:GetWebIdentityToken.',
  AccessDeniedException: 'The role needs the permission sts:GetWebIdentityToken.',
});

/**
 * The role of an AWS workload. Tokens last for 5 minutes.
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_GetWebIdentityToken.html
 */
export const aws: Workload = {
  preset,
  source: 'request',
  claims: [['sub'], ['https://sts.amazonaws.com/', 'aws_account']],
  async token(job) {
    const { signal, audience } = job;
    const [{ sts, close }, { GetWebIdentityTokenCommand }] = await Promise.all([
      stsClient(job, { signal }),
      import('@aws-sdk/client-sts'),
    ]);
    try {
      const { WebIdentityToken = '' } = await sts.send(
        new GetWebIdentityTokenCommand({ Audience: [audience], SigningAlgorithm: 'RS256' }),
      );
      return WebIdentityToken;
    } catch (error) {
      if (signal.aborted) throw interrupted();
      const failure = networkFailure(error, 'AWS');
      if (failure !== undefined) throw failure;
      const name = error instanceof Error ? error.name : 'unknown error';
      throw noToken(preset, `sts:GetWebIdentityToken failed (${name})`, {
        hint: HINTS[name] ?? 'Check the AWS credentials of the workload: aws sts get-caller-identity',
        cause: error,
      });
    } finally {
      close();
    }
  },
};
