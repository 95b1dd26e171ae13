import { oneOf, text } from '../../shape.ts';
import type { QueryMembers } from '../../wire/query-protocol.ts';
import { validationError } from '../errors.ts';
import type { TemplateParameter } from '../template/parameters.ts';
import type { Template } from '../template/parse.ts';
import { changeSetName, requireChangeSet } from './change-sets.ts';
import { operation } from './operation.ts';
import { sourceFields } from './parameters.ts';
import { checkedTemplate, givenTemplate, neededCapability, resourceTypes } from './source.ts';
import { readTemplateBody } from './template-body.ts';

const { TemplateBody, TemplateURL } = sourceFields;

function capabilities(template: Template): QueryMembers {
  const needed = neededCapability(template);
  if (needed === undefined) return { Capabilities: [] };
  return {
    Capabilities: [needed.capability],
    CapabilitiesReason: `The following resource(s) require capabilities: [${needed.types.join(', ')}]`,
  };
}

function parameterXml(
  ParameterKey: string,
  { default: DefaultValue, noEcho, description }: TemplateParameter,
) {
  return { ParameterKey, DefaultValue, NoEcho: noEcho, Description: description };
}

export const templates = {
  GetTemplate: operation(
    { StackName: text(), ChangeSetName: changeSetName, TemplateStage: oneOf(['Original', 'Processed']) },
    (context, input) => {
      const { ChangeSetName, StackName } = input;
      const { source } =
        ChangeSetName === undefined
          ? context.store.require(StackName)
          : requireChangeSet({ ChangeSetName, StackName }, context).changeSet;
      return { TemplateBody: source.template, StagesAvailable: ['Original', 'Processed'] };
    },
  ),
  ValidateTemplate: operation({ TemplateBody, TemplateURL }, async (context, input) => {
    const body = givenTemplate(await readTemplateBody(input, context.getObject));
    const template = checkedTemplate(body, context.handlers);
    return {
      Description: template.description,
      Parameters: [...template.parameters].map(([key, parameter]) => parameterXml(key, parameter)),
      ...capabilities(template),
    };
  }),
  GetTemplateSummary: operation(
    { TemplateBody, TemplateURL, StackName: text() },
    async ({ store, handlers, getObject }, input) => {
      const body = await readTemplateBody(input, getObject);
      if (body !== undefined && input.StackName !== undefined)
        throw validationError('Only one of StackName, TemplateBody and TemplateURL can be specified.');
      const template = checkedTemplate(body ?? store.require(input.StackName).source.template, handlers);
      return {
        Description: template.description,
        Version: template.version,
        Metadata: template.metadata === undefined ? undefined : JSON.stringify(template.metadata),
        Parameters: [...template.parameters].map(([key, parameter]) => ({
          ...parameterXml(key, parameter),
          ParameterType: parameter.type,
          ParameterConstraints: { AllowedValues: parameter.allowedValues },
        })),
        ResourceTypes: resourceTypes(template),
        DeclaredTransforms: [],
        ...capabilities(template),
      };
    },
  ),
};
