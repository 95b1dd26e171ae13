import { join } from 'node:path';
import { throttleOf } from '../faults/throttling.ts';
import type { Faults } from '../faults.ts';
import type { ResourceHandler } from '../resource.ts';
import type { ServiceOptions } from '../service.ts';
import { requestDoor } from '../wire/door.ts';
import type { HttpHandler } from '../wire/http.ts';
import { queryProtocol } from '../wire/query-protocol.ts';
import { Engine } from './engine/engine.ts';
import { changeSets } from './operations/change-sets.ts';
import { describe } from './operations/describe.ts';
import { drift } from './operations/drift.ts';
import type { OperationContext } from './operations/operation.ts';
import { stacks } from './operations/stacks.ts';
import type { GetObject } from './operations/template-body.ts';
import { templates } from './operations/templates.ts';
import { LaggingView, StackStore } from './stack/store.ts';

export interface CloudFormationOptions extends ServiceOptions {
  /** The resource types that templates can contain. */
  readonly resources: readonly ResourceHandler[];
  readonly faults: Faults;
  /** Reads the templates that requests name by URL. */
  readonly getObject: GetObject;
  /** Called with defects of the cloud, not with refusals. By default `idle` rejects with the first defect. */
  readonly onDefect?: (error: unknown) => void;
}

/** The supported operations by the name of the action. */
export const OPERATIONS = { ...changeSets, ...describe, ...drift, ...stacks, ...templates };

export interface CloudFormation {
  readonly handle: HttpHandler;
  /** Resumes the operations that a killed process did not finish. */
  resume(): Promise<void>;
  /** Resolves when no operation runs. */
  idle(): Promise<void>;
}

/** Creates CloudFormation over the query protocol, for the resource types of the given handlers. */
export function createCloudFormation(options: CloudFormationOptions): CloudFormation {
  const { dataDir, now, resources, faults, getObject } = options;
  const store = new StackStore(join(dataDir, 'stacks'));
  const handlers = new Map(resources.map((handler) => [handler.type, orUncompared(handler, faults)]));
  const defects: unknown[] = [];
  const onDefect = options.onDefect ?? ((error: unknown) => void defects.push(error));
  const view = new LaggingView(store, () => faults.describeLag ?? 0);
  const engine = new Engine({ store, handlers, now, faults, onDefect });
  const context: OperationContext = { store, view, engine, handlers, getObject, now };

  return {
    handle: requestDoor({
      ...options,
      service: 'cloudformation',
      protocol: queryProtocol({
        namespace: 'http://cloudformation.amazonaws.com/doc/',
        version: '2010-05-15',
      }),
      throttle: throttleOf('cloudformation', () => faults),
      // The ARN of a change set stands for its stack: IAM decides by the stack.
      resourceOf: ({ ChangeSetName: id, StackName }) =>
        StackName === undefined
          ? store.all().find(({ changeSets }) => changeSets.some((one) => one.id === id))?.id
          : undefined,
      operations: OPERATIONS,
      context: () => context,
    }),
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

/** Returns a handler without drift detection while the fault names its type. */
function orUncompared(handler: ResourceHandler, faults: Faults): ResourceHandler {
  return Object.create(handler, {
    actual: {
      get: () => (faults.uncomparedTypes?.includes(handler.type) ? undefined : handler.actual?.bind(handler)),
    },
  }) as ResourceHandler;
}
