import { join } from 'node:path';
import type { Identities } from '../auth/identities.ts';
import { authenticatedText } from '../auth/sigv4.ts';
import type { Faults } from '../faults.ts';
import type { ResourceHandler } from '../resource.ts';
import { AwsError } from '../wire/errors.ts';
import type { HttpHandler } from '../wire/http.ts';
import { Engine } from './engine/engine.ts';
import {
  createChangeSet,
  deleteChangeSet,
  describeChangeSet,
  executeChangeSet,
  listChangeSets,
} from './operations/change-sets.ts';
import type { Operation, OperationContext } from './operations/context.ts';
import {
  describeStackEvents,
  describeStackResource,
  describeStackResources,
  describeStacks,
  listStackResources,
  listStacks,
} from './operations/describe.ts';
import { continueUpdateRollback, createStack, deleteStack, updateStack } from './operations/stacks.ts';
import { getTemplate, validateTemplate } from './operations/templates.ts';
import { StackStore } from './stack/store.ts';
import { optionalText, parseQuery, type QueryObject } from './wire/query.ts';
import { xmlError, xmlResult } from './wire/xml.ts';

export interface CloudFormationOptions {
  readonly dataDir: string;
  readonly now: () => Date;
  readonly identities: Identities;
  readonly resources: readonly ResourceHandler[];
  readonly faults: Faults;
}

export interface CloudFormation {
  readonly handle: HttpHandler;
  /** Goes on with the operations that a killed process left under way. */
  resume(): Promise<void>;
  /** Resolves when no operation runs; rejects with the defect of one that could not go on. */
  idle(): Promise<void>;
}

const VERSION = '2010-05-15';

const OPERATIONS: Readonly<Record<string, Operation>> = {
  CreateChangeSet: createChangeSet,
  DescribeChangeSet: describeChangeSet,
  ExecuteChangeSet: executeChangeSet,
  DeleteChangeSet: deleteChangeSet,
  ListChangeSets: listChangeSets,
  CreateStack: createStack,
  UpdateStack: updateStack,
  DeleteStack: deleteStack,
  ContinueUpdateRollback: continueUpdateRollback,
  DescribeStacks: describeStacks,
  DescribeStackEvents: describeStackEvents,
  DescribeStackResource: describeStackResource,
  DescribeStackResources: describeStackResources,
  ListStackResources: listStackResources,
  ListStacks: listStacks,
  GetTemplate: getTemplate,
  ValidateTemplate: validateTemplate,
};

function operationOf(query: QueryObject): { action: string; operation: Operation } {
  const action = optionalText(query, 'Action') ?? '';
  const version = optionalText(query, 'Version');
  const operation = OPERATIONS[action];
  if (version !== VERSION || operation === undefined) {
    throw new AwsError(
      'InvalidAction',
      `Could not find operation ${action} for version ${version ?? 'NO_VERSION_SPECIFIED'} in the embedded cloud`,
    );
  }
  const superfluous = Object.keys(query).filter(
    (name) => !['Action', 'Version', ...operation.takes].includes(name),
  );
  if (superfluous.length > 0) {
    throw new AwsError(
      'ValidationError',
      `${action} with ${superfluous.join(', ')} is not supported by the embedded cloud`,
    );
  }
  return { action, operation };
}

/** CloudFormation over the query protocol, for the resource types whose handlers it is given. */
export function createCloudFormation({
  dataDir,
  now,
  identities,
  resources,
  faults,
}: CloudFormationOptions): CloudFormation {
  const store = new StackStore(join(dataDir, 'stacks'));
  const handlers = new Map(resources.map((handler) => [handler.type, handler]));
  const engine = new Engine({ store, handlers, now, faults });
  const context: OperationContext = { store, engine, handlers, now };
  return {
    async handle(request) {
      try {
        const { principal, text } = await authenticatedText(request, {
          service: 'cloudformation',
          identities,
          now: now(),
        });
        if (principal.kind !== 'account')
          throw new AwsError('MissingAuthenticationToken', 'Request is missing Authentication Token', 403);
        const query = parseQuery(request.method === 'GET' ? request.query : text);
        const { action, operation } = operationOf(query);
        return xmlResult(action, operation.run(query, context));
      } catch (error) {
        if (error instanceof AwsError) return xmlError(error);
        throw error;
      }
    },
    async resume() {
      engine.resume();
    },
    idle: () => engine.idle(),
  };
}
