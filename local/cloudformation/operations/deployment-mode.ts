import type { JsonObject } from '../../json.ts';
import { type AwsError, notSupported } from '../../wire/errors.ts';
import { own } from '../stack/model.ts';
import { flag, optionalText } from '../wire/query.ts';

/** Parameters that the CDK sends, with the values of an ordinary deployment. */
export const MODE_PARAMETERS = ['DeploymentConfig', 'ImportExistingResources', 'IncludeNestedStacks'];

/** Refuses the modes of deployment that the embedded cloud does not have. Nested stacks may be included: there are none. */
export function refuseOtherModes(query: JsonObject): void {
  const config = own(query, 'DeploymentConfig');
  if (config === undefined) return;
  if (config === null || typeof config !== 'object' || Array.isArray(config))
    throw refused('DeploymentConfig');
  const mode = optionalText(config, 'Mode') ?? 'STANDARD';
  if (mode !== 'STANDARD') throw refused(`DeploymentConfig.Mode ${mode}`);
  if (flag(config, 'DisableRollback')) throw refused('DeploymentConfig.DisableRollback');
}

function refused(what: string): AwsError {
  return notSupported(what, 'ValidationError');
}
