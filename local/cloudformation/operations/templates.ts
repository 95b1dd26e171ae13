import { AwsError } from '../../wire/errors.ts';
import { optionalText, requiredText } from '../wire/query.ts';
import type { Operation } from './context.ts';
import { checkedTemplate } from './source.ts';

export const getTemplate: Operation = {
  takes: ['StackName', 'ChangeSetName', 'TemplateStage'],
  run(query, { store }) {
    const wanted = optionalText(query, 'ChangeSetName');
    const name = optionalText(query, 'StackName');
    const stack = name === undefined ? undefined : store.require(name);
    const StagesAvailable = ['Original', 'Processed'];
    if (wanted === undefined) {
      return {
        TemplateBody: (stack ?? store.require(requiredText(query, 'StackName'))).source.template,
        StagesAvailable,
      };
    }
    const sets = (stack === undefined ? store.all() : [stack]).flatMap(({ changeSets }) => changeSets);
    const changeSet = sets.find((one) => one.id === wanted || one.name === wanted);
    if (changeSet === undefined)
      throw new AwsError('ChangeSetNotFound', `ChangeSet [${wanted}] does not exist`, 404);
    return { TemplateBody: changeSet.source.template, StagesAvailable };
  },
};

export const validateTemplate: Operation = {
  takes: ['TemplateBody'],
  run(query, { handlers }) {
    const template = checkedTemplate(requiredText(query, 'TemplateBody'), handlers);
    const iam = Object.values(template.resources).filter(({ type }) => type.startsWith('AWS::IAM::'));
    return {
      Description: template.description,
      Parameters: Object.entries(template.parameters).map(([ParameterKey, parameter]) => ({
        ParameterKey,
        DefaultValue: parameter.default,
        NoEcho: parameter.noEcho,
      })),
      ...(iam.length === 0
        ? {}
        : {
            Capabilities: ['CAPABILITY_IAM'],
            CapabilitiesReason: `The following resource(s) require capabilities: [${[...new Set(iam.map(({ type }) => type))].join(', ')}]`,
          }),
    };
  },
};
