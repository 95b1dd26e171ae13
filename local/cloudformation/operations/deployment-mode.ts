import { AwsError } from '../../wire/errors.ts';
import { flag, optionalText, type QueryObject } from '../wire/query.ts';

/** Parameters that the CDK sends, with values that ask for nothing out of the ordinary. */
export const MODE_PARAMETERS = ['DeploymentConfig', 'ImportExistingResources', 'IncludeNestedStacks'];

/** Refuses the modes of deployment that the embedded cloud does not have. Nested stacks may be included: there are none. */
export function refuseOtherModes(query: QueryObject): void {
  const config = query.get('DeploymentConfig');
  if (config === undefined) return;
  if (!(config instanceof Map)) throw notDone('DeploymentConfig');
  const mode = optionalText(config, 'Mode') ?? 'STANDARD';
  if (mode !== 'STANDARD') throw notDone(`DeploymentConfig.Mode ${mode}`);
  if (flag(config, 'DisableRollback')) throw notDone('DeploymentConfig.DisableRollback');
}

function notDone(what: string): AwsError {
  return new AwsError('ValidationError', `${what} is not done by the embedded cloud`);
}
