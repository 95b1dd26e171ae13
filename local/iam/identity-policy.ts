import type { JsonObject } from '../json.ts';
import { checkFields, malformed, statementsOf, textsOf } from './statement.ts';

/** Refuses what IAM refuses of a policy that says what its holder may do. */
export function checkIdentityPolicy(document: JsonObject): void {
  for (const statement of statementsOf(document)) {
    checkFields(statement, {
      pairs: [
        ['Action', 'NotAction'],
        ['Resource', 'NotResource'],
      ],
      prohibited: ['Principal', 'NotPrincipal'],
    });
    for (const action of textsOf(statement.Action ?? statement.NotAction)) {
      if (action !== '*' && !/^[a-zA-Z0-9-]+:[a-zA-Z0-9*?]+$/.test(action)) {
        throw malformed('Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.');
      }
    }
    for (const resource of textsOf(statement.Resource ?? statement.NotResource)) {
      if (resource !== '*' && !/^arn:[^:]*:[^:]*:[^:]*:[^:]*:.+$/.test(resource)) {
        throw malformed(`Resource ${resource} must be in ARN format or "*".`);
      }
    }
  }
}
