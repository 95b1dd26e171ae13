import { arnOf } from '../account.ts';
import type { JsonObject } from '../json.ts';
import { type JsonFile, JsonRecords } from '../json-file.ts';
import { creatorOf, generatedName, type ResourceHandler, type ResourceState } from '../resource.ts';
import {
  changed,
  document,
  list,
  oneOf,
  readProperties,
  required,
  strings,
  structure,
  tags,
  text,
  withDefault,
} from '../shape.ts';
import { AwsError, notSupported } from '../wire/errors.ts';
import { readPattern } from './pattern.ts';
import { checkTransformer, type InputTransformer } from './transformer.ts';

/** A rule of the default event bus. */
export interface Rule {
  readonly name: string;
  readonly arn: string;
  /** The create request that created it, so that a repeated request finds it. */
  readonly creator: string;
  readonly pattern: JsonObject;
  readonly isEnabled: boolean;
  readonly targets: readonly {
    readonly Arn: string;
    readonly InputTransformer: InputTransformer | undefined;
  }[];
}

/** The account's rules, by ARN. */
export class Rules extends JsonRecords<Rule> {
  constructor(file: JsonFile<readonly Rule[]>) {
    super(file, ({ arn }) => arn);
  }
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-events-rule.html */
export function ruleResource(rules: Rules): ResourceHandler {
  return {
    type: 'AWS::Events::Rule',
    replaceOn: ['Name'],
    async create(request) {
      const { name = generatedName(request, 64), ...settings } = readRule(request.properties);
      const creator = creatorOf(request);
      const existing = rules.find(arnOf('events', `rule/${name}`));
      if (existing !== undefined && existing.creator !== creator) {
        throw new AwsError('ResourceAlreadyExistsException', `Rule ${name} already exists.`);
      }
      return stateOf(rules.save({ ...settings, name, arn: arnOf('events', `rule/${name}`), creator }));
    },
    async update({ physicalId, properties }) {
      const rule = rules.find(arnOf('events', `rule/${physicalId}`));
      if (rule === undefined) {
        throw new AwsError(
          'ResourceNotFoundException',
          `Rule ${physicalId} does not exist on EventBus default.`,
        );
      }
      const { name: _, ...settings } = readRule(properties);
      return stateOf(rules.save({ ...rule, ...settings }));
    },
    async delete(physicalId) {
      rules.remove(arnOf('events', `rule/${physicalId}`));
    },
  };
}

const target = structure(
  {
    Id: required(text({ min: 1, max: 64 })),
    Arn: required(text({ min: 1, max: 1600 })),
    InputTransformer: structure({
      InputPathsMap: withDefault(strings(), {}),
      InputTemplate: required(text({ min: 1, max: 8192 })),
    }),
  },
  {
    notSupported: [
      'AppSyncParameters',
      'BatchParameters',
      'DeadLetterConfig',
      'EcsParameters',
      'HttpParameters',
      'Input',
      'InputPath',
      'KinesisParameters',
      'RedshiftDataParameters',
      'RetryPolicy',
      'RoleArn',
      'RunCommandParameters',
      'SageMakerPipelineParameters',
      'SqsParameters',
    ],
  },
);

const ruleProperties = structure(
  {
    Name: text({ pattern: /[.\-_A-Za-z0-9]{1,64}/ }),
    Description: text({ max: 512 }),
    EventBusName: oneOf(['default']),
    EventPattern: required(document()),
    State: withDefault(
      oneOf(['ENABLED', 'DISABLED'], { notSupported: ['ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS'] }),
      'ENABLED',
    ),
    Tags: tags(),
    Targets: withDefault(
      changed(list(target, { max: 5 }), (targets) => {
        for (const { Arn, InputTransformer } of targets) {
          if (!Arn.startsWith(arnOf('sns', ''))) throw notSupported(`the target ${Arn}`);
          if (InputTransformer !== undefined) checkTransformer(InputTransformer);
        }
        return targets;
      }),
      [],
    ),
  },
  { notSupported: ['RoleArn', 'ScheduleExpression'] },
);

function readRule(
  properties: JsonObject,
): { name: string | undefined } & Omit<Rule, 'name' | 'arn' | 'creator'> {
  const { Name, EventPattern, State, Targets } = readProperties(ruleProperties, properties);
  readPattern(EventPattern);
  return { name: Name, pattern: EventPattern, isEnabled: State === 'ENABLED', targets: Targets };
}

function stateOf({ name, arn }: Rule): ResourceState {
  return { physicalId: name, attributes: { Arn: arn } };
}
