import { join } from 'node:path';
import type { Identities } from '../auth/identities.ts';
import { authenticatedText } from '../auth/sigv4.ts';
import { throttleOf } from '../faults/throttling.ts';
import type { Faults } from '../faults.ts';
import { type Permissions, refuseDenied, unrestricted } from '../iam/permissions.ts';
import type { ResourceHandler } from '../resource.ts';
import { AwsError } from '../wire/errors.ts';
import type { HttpHandler, HttpRequest } from '../wire/http.ts';
import { Engine } from './engine/engine.ts';
import type { Operation, OperationContext } from './operations/context.ts';
import { OPERATIONS } from './operations/index.ts';
import { LaggingView } from './stack/lagging.ts';
import { StackStore } from './stack/store.ts';
import { optionalText, parseQuery, type QueryObject } from './wire/query.ts';
import { xmlError, xmlResult } from './wire/xml.ts';

export interface CloudFormationOptions {
  readonly dataDir: string;
  readonly now: () => Date;
  readonly identities: Identities;
  /** The resource types that templates may have. */
  readonly resources: readonly ResourceHandler[];
  readonly faults: Faults;
  readonly permissions?: Permissions;
  /** Told of defects of the cloud itself, never of refusals. Without it `idle` rejects with the first. */
  readonly onDefect?: (error: unknown) => void;
}

export interface CloudFormation {
  readonly handle: HttpHandler;
  /** Goes on with the operations that a killed process left under way. */
  resume(): Promise<void>;
  /** Resolves when no operation runs. */
  idle(): Promise<void>;
}

const VERSION = '2010-05-15';

/** CloudFormation over the query protocol, for the resource types whose handlers it is given. */
export function createCloudFormation(options: CloudFormationOptions): CloudFormation {
  const { dataDir, now, identities, resources, faults, permissions = unrestricted } = options;
  const store = new StackStore(join(dataDir, 'stacks'));
  const handlers = new Map(resources.map((handler) => [handler.type, handler]));
  const defects: unknown[] = [];
  const onDefect = options.onDefect ?? ((error: unknown) => void defects.push(error));
  const throttle = throttleOf('cloudformation', () => faults);
  const view = new LaggingView(store, () => faults.describeLag ?? 0);
  const engine = new Engine({ store, handlers, now, faults, onDefect });
  const context: OperationContext = { store, view, engine, handlers, now };

  const read = async (request: HttpRequest): Promise<QueryObject> => {
    const { principal, text } = await authenticatedText(request, {
      service: 'cloudformation',
      identities,
      now: now(),
    });
    if (principal.kind === 'anonymous') {
      throw new AwsError('MissingAuthenticationToken', 'Request is missing Authentication Token', 403);
    }
    if (principal.kind === 'service') {
      const message = `${principal.service} is not authorized to call CloudFormation`;
      throw new AwsError('AccessDenied', message, 403);
    }
    return parseQuery(request.method === 'GET' ? request.query : text);
  };

  return {
    async handle(request) {
      try {
        const query = await read(request);
        const { action, operation } = operationOf(query);
        throttle(action);
        refuseDenied(permissions, `cloudformation:${action}`, 'AccessDenied');
        return xmlResult(action, operation.run(query, context));
      } catch (error) {
        if (error instanceof AwsError) return xmlError(error);
        throw error;
      }
    },
    async resume() {
      engine.resume();
    },
    async idle() {
      await engine.idle();
      const [defect] = defects.splice(0);
      if (defect !== undefined) throw defect;
    },
  };
}

function operationOf(query: QueryObject): { action: string; operation: Operation } {
  const action = optionalText(query, 'Action') ?? '';
  const version = optionalText(query, 'Version');
  const operation = OPERATIONS.get(action);
  if (version !== VERSION || operation === undefined) {
    throw new AwsError(
      'InvalidAction',
      `Could not find operation ${action} for version ${version ?? 'NO_VERSION_SPECIFIED'} in the embedded cloud`,
    );
  }
  const understood = ['Action', 'Version', ...operation.takes];
  const superfluous = [...query.keys()].filter((name) => !understood.includes(name));
  if (superfluous.length > 0) {
    throw new AwsError(
      'ValidationError',
      `${action} with ${superfluous.join(', ')} is not done by the embedded cloud`,
    );
  }
  return { action, operation };
}
