import {
  changed,
  flag,
  type Infer,
  list,
  oneOf,
  required,
  structure,
  text,
  withDefault,
} from '../../shape.ts';
import { notSupported } from '../../wire/errors.ts';
import { validationError } from '../errors.ts';
import { checkStackPolicy } from '../stack/policy.ts';

/** The name of a new stack or change set. */
export const newName = text({ max: 128, pattern: /[a-zA-Z][-a-zA-Z0-9]*/ });

export const onFailure = oneOf(['ROLLBACK', 'DELETE', 'DO_NOTHING']);

const clientRequestToken = changed(text(), (token) => {
  if (/^[a-zA-Z0-9][-a-zA-Z0-9]{0,127}$/.test(token)) return token;
  throw validationError(`ClientRequestToken ${token} is not valid`);
});

/** The token of a request that starts an operation. */
export const requestFields = { ClientRequestToken: clientRequestToken };

export const stackPolicy = changed(text(), (policy) => {
  checkStackPolicy(policy);
  return policy;
});

/** A list of enum values, refused with AWS's message for lists. */
export const words = (allowed: readonly string[]) =>
  changed(list(text()), (given, place) => {
    const unknown = given.find((word) => !allowed.includes(word));
    if (unknown === undefined) return given;
    throw validationError(
      `1 validation error detected: Value '[${unknown}]' at '${place}' failed to satisfy constraint: Member must satisfy constraint: [Member must satisfy enum value set: [${allowed.join(', ')}]]`,
    );
  });

const deploymentMode = structure({ Mode: withDefault(text(), 'STANDARD'), DisableRollback: flag() });

/** `DeploymentConfig` with the values of an ordinary deployment, which the CDK sends. Other modes are not supported. */
export const deploymentConfig = changed(deploymentMode, ({ Mode, DisableRollback }) => {
  if (Mode !== 'STANDARD') throw notSupported(`DeploymentConfig.Mode ${Mode}`, 'ValidationError');
  if (DisableRollback) throw notSupported('DeploymentConfig.DisableRollback', 'ValidationError');
});

/** The parameters of a stack's source. */
export const sourceFields = {
  TemplateBody: text(),
  TemplateURL: text({ max: 5120 }),
  UsePreviousTemplate: withDefault(flag(), false),
  Parameters: withDefault(
    list(
      structure({
        ParameterKey: required(text()),
        ParameterValue: text(),
        UsePreviousValue: withDefault(flag(), false),
      }),
    ),
    [],
  ),
  Tags: list(
    structure({ Key: required(text({ min: 1, max: 128 })), Value: withDefault(text({ max: 256 }), '') }),
    {
      max: 50,
    },
  ),
  Capabilities: withDefault(words(['CAPABILITY_IAM', 'CAPABILITY_NAMED_IAM', 'CAPABILITY_AUTO_EXPAND']), []),
};
const source = structure(sourceFields);
export type SourceInput = Infer<typeof source>;
