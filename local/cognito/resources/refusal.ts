import type { JsonObject } from '../../json.ts';
import { AwsError } from '../../wire/errors.ts';
import { type Infer, type Problem, parse, type Shape } from '../shape.ts';

/** Words a refusal as CloudFormation's resource model does: `Model validation failed (#/Name: …)`. */
function modelError(type: string, problems: readonly Problem[]): AwsError {
  const reasons = problems.map(
    ({ path, constraint }) => `#${path.map((step) => `/${step}`).join('')}: ${constraint}`,
  );
  return new AwsError(
    'ValidationException',
    `Properties validation failed for ${type}: ${reasons.join('; ')}`,
  );
}

/**
 * A resource's properties, checked. `notDone` are properties that AWS has and the embedded Cognito has not; they, and
 * any that AWS does not know either, are refused by name.
 */
export function readProperties<S extends Shape<unknown>>(
  type: string,
  shape: S,
  properties: JsonObject,
  notDone: readonly string[],
): Infer<S> {
  const refused = notDone.filter((name) => properties[name] !== undefined);
  if (refused.length > 0) {
    throw new AwsError(
      'InvalidRequest',
      `${type}: the embedded Cognito does not have the property ${refused.join(', ')}`,
    );
  }
  return parse(shape, properties, (problems) => modelError(type, problems)) as Infer<S>;
}
