import { ACCOUNT_ID, REGION } from '../../account.ts';
import { isObject, type Json } from '../../json.ts';
import { functionError, unresolvedError } from '../errors.ts';
import { evaluate } from './conditions.ts';
import { parameterRef } from './parameters.ts';
import type { Template } from './parse.ts';
import { type TemplateScope, UnresolvedValue } from './resolve.ts';

/** The known state of a resource: `later` before its creation, `undefined` if it will not be created. */
export type Known =
  | { readonly physicalId: string; readonly attributes: Readonly<Record<string, string>> }
  | 'later'
  | undefined;

/** The values of one stack that a template can use. */
export interface StackValues {
  readonly id: string;
  readonly name: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly resource: (logicalId: string) => Known;
}

/** Returns the scope of one stack: parameters, pseudo parameters and known resources. */
export function stackScope(template: Template, stack: StackValues): TemplateScope {
  const pseudo = new Map<string, Json>([
    ['AWS::AccountId', ACCOUNT_ID],
    ['AWS::NotificationARNs', []],
    ['AWS::Partition', 'aws'],
    ['AWS::Region', REGION],
    ['AWS::StackId', stack.id],
    ['AWS::StackName', stack.name],
    ['AWS::URLSuffix', 'amazonaws.com'],
  ]);
  const known = (logicalId: string) => {
    const resource = stack.resource(logicalId);
    if (resource === 'later') throw new UnresolvedValue(logicalId);
    if (resource === undefined) throw unresolvedError([logicalId], 'Resources');
    return resource;
  };
  const scope: TemplateScope = {
    ref(name) {
      const value = pseudo.get(name);
      if (value !== undefined) return value;
      const parameter = template.parameters.get(name);
      return parameter === undefined
        ? known(name).physicalId
        : parameterRef(parameter, stack.parameters[name] ?? '');
    },
    attribute(logicalId, name) {
      const { attributes } = known(logicalId);
      const value = Object.hasOwn(attributes, name) ? attributes[name] : undefined;
      if (value !== undefined) return value;
      const type = template.resources.get(logicalId)?.type ?? '';
      throw functionError(
        `resource ${logicalId} does not support attribute type ${name} in Fn::GetAtt (${type})`,
      );
    },
    condition(name) {
      return evaluate(template.conditions.get(name) ?? null, scope);
    },
    mapping(map, top, second) {
      const found = member(member(template.mappings, map), top);
      const value = member(found, second);
      if (!Object.hasOwn(template.mappings, map)) {
        throw functionError(`Mapping named '${map}' is not present in the 'Mappings' section of template.`);
      }
      if (value === undefined) throw functionError(`Unable to get mapping for ${map}::${top}::${second}`);
      return value;
    },
  };
  return scope;
}

function member(value: Json | undefined, name: string): Json | undefined {
  return isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}

/** Returns the resources that the template's conditions include. */
export function desiredResources(template: Template, scope: TemplateScope): ReadonlySet<string> {
  const wanted = [...template.resources].filter(
    ([, { condition }]) => condition === undefined || scope.condition(condition),
  );
  return new Set(wanted.map(([id]) => id));
}
