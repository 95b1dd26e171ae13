import {
  type CreateRequest,
  creatorOf,
  generatedName,
  type ResourceHandler,
  type ResourceState,
} from '../../resource.ts';
import { readProperties, required, structure, text } from '../../shape.ts';
import { AwsError } from '../../wire/errors.ts';
import { defaultLogGroup, functionArn, parseIdentifier, parseVersionArn } from '../arn.ts';
import type { FunctionInput, Functions } from '../functions.ts';
import { keySetsOf } from '../instances/key-sets.ts';
import { functionProperties } from './function-properties.ts';

const NAME_LIMIT = 64;

const versionProperties = structure(
  {
    CodeSha256: text(),
    Description: text({ max: 256 }),
    FunctionName: required(text({ min: 1, max: 140 })),
  },
  { notSupported: ['FunctionScalingConfig', 'ProvisionedConcurrencyConfig', 'RuntimePolicy'] },
);

/** The resource types of Lambda that templates can contain. */
export function lambdaResources(functions: Functions): ResourceHandler[] {
  return [functionResource(functions), versionResource(functions)];
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-function.html */
function functionResource(functions: Functions): ResourceHandler {
  const stateOf = (name: string): ResourceState => ({
    physicalId: name,
    attributes: { Arn: functionArn(name) },
  });
  return {
    type: 'AWS::Lambda::Function',
    replaceOn: ['FunctionName', 'PackageType'],
    async create(request) {
      const { functionName } = readProperties(functionProperties, request.properties);
      const name = functionName ?? generatedName(request, NAME_LIMIT);
      functions.create({ ...readInput(name, request), creator: creatorOf(request) });
      return stateOf(name);
    },
    async update(request) {
      const { physicalId } = request;
      functions.update(readInput(physicalId, request));
      return stateOf(physicalId);
    },
    actual(physicalId, properties) {
      return functions.find(physicalId) === undefined ? undefined : properties;
    },
    async delete(physicalId) {
      await ignoringAbsence(() => functions.delete(physicalId));
    },
  };
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-version.html */
function versionResource(functions: Functions): ResourceHandler {
  return {
    type: 'AWS::Lambda::Version',
    replaceOn: ['CodeSha256', 'Description', 'FunctionName'],
    async create(request) {
      const properties = readProperties(versionProperties, request.properties);
      const { name } = parseIdentifier(properties.FunctionName);
      const { version } = functions.publish(name, creatorOf(request), {
        description: properties.Description,
        codeSha256: properties.CodeSha256,
      });
      const arn = functionArn(name, version);
      return { physicalId: arn, attributes: { Version: version, FunctionArn: arn } };
    },
    async update() {
      throw new AwsError('NotUpdatable', 'Resource type AWS::Lambda::Version is immutable.');
    },
    actual(physicalId, properties) {
      return functions.findVersion(physicalId) === undefined ? undefined : properties;
    },
    async delete(physicalId) {
      const parsed = parseVersionArn(physicalId);
      if (parsed) await ignoringAbsence(() => functions.deleteVersion(parsed.name, parsed.version));
    },
  };
}

function readInput(
  name: string,
  { properties, metadata, stackTags }: Pick<CreateRequest, 'properties' | 'metadata' | 'stackTags'>,
): Omit<FunctionInput, 'creator'> {
  const { tags: own, code, configuration } = readProperties(functionProperties, properties);
  const logGroup = configuration.logGroup ?? defaultLogGroup(name);
  const tags = { ...stackTags, ...own };
  return { name, tags, code, keySets: keySetsOf(metadata), configuration: { ...configuration, logGroup } };
}

async function ignoringAbsence(act: () => void): Promise<void> {
  try {
    act();
  } catch (error) {
    if (!(error instanceof AwsError && error.code === 'ResourceNotFoundException')) throw error;
  }
}
