import type { JsonObject } from '../../json.ts';
import type { QueryResult } from '../../wire/query-protocol.ts';
import { own } from '../stack/model.ts';
import type { Template } from '../template/parse.ts';
import { optionalText, requiredText } from '../wire/query.ts';
import { requireChangeSet } from './change-sets.ts';
import type { Operation, OperationContext } from './context.ts';
import { checkedTemplate, givenTemplate, neededCapability, resourceTypes } from './source.ts';

/** The template of a change set, or of a stack. */
function templateText(query: JsonObject, context: OperationContext): string {
  if (own(query, 'ChangeSetName') !== undefined)
    return requireChangeSet(query, context).changeSet.source.template;
  return context.store.require(requiredText(query, 'StackName')).source.template;
}

export const getTemplate: Operation = {
  takes: ['StackName', 'ChangeSetName', 'TemplateStage'],
  run(query, context) {
    return { TemplateBody: templateText(query, context), StagesAvailable: ['Original', 'Processed'] };
  },
};

function capabilities(template: Template): { [name: string]: QueryResult } {
  const needed = neededCapability(template);
  if (needed === undefined) return { Capabilities: [] };
  return {
    Capabilities: [needed.capability],
    CapabilitiesReason: `The following resource(s) require capabilities: [${needed.types.join(', ')}]`,
  };
}

export const validateTemplate: Operation = {
  takes: ['TemplateBody', 'TemplateURL'],
  run(query, { handlers }) {
    const template = checkedTemplate(givenTemplate(query), handlers);
    return {
      Description: template.description,
      Parameters: [...template.parameters].map(([ParameterKey, parameter]) => ({
        ParameterKey,
        DefaultValue: parameter.default,
        NoEcho: parameter.noEcho,
        Description: parameter.description,
      })),
      ...capabilities(template),
    };
  },
};

export const getTemplateSummary: Operation = {
  takes: ['TemplateBody', 'TemplateURL', 'StackName'],
  run(query, context) {
    const body = optionalText(query, 'TemplateBody') ?? templateText(query, context);
    const template = checkedTemplate(body, context.handlers);
    return {
      Description: template.description,
      Version: template.version,
      Metadata: template.metadata === undefined ? undefined : JSON.stringify(template.metadata),
      Parameters: [...template.parameters].map(([ParameterKey, parameter]) => ({
        ParameterKey,
        DefaultValue: parameter.default,
        ParameterType: parameter.type,
        NoEcho: parameter.noEcho,
        Description: parameter.description,
        ParameterConstraints: { AllowedValues: parameter.allowedValues },
      })),
      ResourceTypes: resourceTypes(template),
      DeclaredTransforms: [],
      ...capabilities(template),
    };
  },
};
