import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { JsonObject } from '../../../local/json.ts';
import { JsonFile } from '../../../local/json-file.ts';
import type {
  CreateRequest,
  ResourceHandler,
  ResourceState,
  UpdateRequest,
} from '../../../local/resource.ts';
import { AwsError } from '../../../local/wire/errors.ts';

/** A physical resource that a fake handler created. */
export interface Thing {
  readonly physicalId: string;
  readonly logicalId: string;
  readonly type: string;
  readonly properties: JsonObject;
}

/** Stores things in memory, or in a folder for tests that kill a process. */
interface Things {
  all(): Thing[];
  put(thing: Thing): void;
  remove(physicalId: string): void;
}

function thingsInMemory(): Things {
  const things = new Map<string, Thing>();
  return {
    all: () => [...things.values()],
    put: (thing) => void things.set(thing.physicalId, thing),
    remove: (physicalId) => void things.delete(physicalId),
  };
}

export function thingsInFolder(folder: string): Things {
  mkdirSync(folder, { recursive: true });
  const file = (physicalId: string) => new JsonFile<Thing>(join(folder, `${physicalId}.json`));
  return {
    all: () =>
      readdirSync(folder)
        .filter((name) => name.endsWith('.json'))
        .flatMap((name) => new JsonFile<Thing>(join(folder, name)).read() ?? []),
    put: (thing) => file(thing.physicalId).write(thing),
    remove: (physicalId) => file(physicalId).remove(),
  };
}

type Call = 'create' | 'update' | 'delete';

/** A cloud with fake resources. Tests can delay, refuse or break its calls. */
export class FakeCloud {
  readonly #things: Things;
  readonly #gates = new Map<string, { readonly gate: Promise<void>; readonly open: () => void }>();
  /** Errors to throw, by call: `create Name`, `update Name`, `delete Name`. */
  readonly refusals = new Map<string, Error>();
  /** Calls in the order of arrival: `create A`, `delete A`. */
  readonly calls: string[] = [];
  /** Called when a call arrives. */
  onCall: (call: string) => void = () => {};

  constructor(things: Things = thingsInMemory()) {
    this.#things = things;
  }

  get things(): Thing[] {
    return this.#things.all();
  }

  named(logicalId: string): Thing[] {
    return this.things.filter((thing) => thing.logicalId === logicalId);
  }

  /** Changes a thing outside of CloudFormation. */
  change(logicalId: string, properties: JsonObject): void {
    for (const thing of this.named(logicalId)) this.#things.put({ ...thing, properties });
  }

  /** Deletes a thing outside of CloudFormation. */
  lose(logicalId: string): void {
    for (const { physicalId } of this.named(logicalId)) this.#things.remove(physicalId);
  }

  /** Holds a call until the returned function is called. */
  hold(call: Call, logicalId: string): () => void {
    let open = () => {};
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    this.#gates.set(`${call} ${logicalId}`, { gate, open });
    return open;
  }

  refuse(call: Call, logicalId: string, error: Error = new AwsError('Refused', 'No.')): void {
    this.refusals.set(`${call} ${logicalId}`, error);
  }

  async #meet(call: Call, logicalId: string): Promise<void> {
    const name = `${call} ${logicalId}`;
    this.calls.push(name);
    this.onCall(name);
    await this.#gates.get(name)?.gate;
    const refusal = this.refusals.get(name);
    if (refusal !== undefined) throw refusal;
  }

  #state(thing: Thing): ResourceState {
    const { physicalId, properties } = thing;
    return {
      physicalId,
      attributes: {
        Arn: `arn:aws:test:us-east-1:000000000000:thing/${physicalId}`,
        'Endpoint.Port': '8080',
        Shade: String(properties.Colour ?? 'none'),
      },
    };
  }

  handler(type: string, replaceOn: readonly string[] = ['Name']): ResourceHandler {
    return {
      type,
      replaceOn,
      create: async ({ stackName, logicalId, suffix, properties }: CreateRequest) => {
        await this.#meet('create', logicalId);
        const name = properties.Name;
        const physicalId =
          typeof properties.FixedName === 'string'
            ? properties.FixedName
            : `${stackName}-${logicalId}-${typeof name === 'string' ? name : ''}-${suffix}`;
        const thing = { physicalId, logicalId, type, properties };
        this.#things.put(thing);
        return this.#state(thing);
      },
      update: async ({ physicalId, properties }: UpdateRequest) => {
        const thing = this.things.find((one) => one.physicalId === physicalId);
        if (thing === undefined) throw new AwsError('NotFoundException', `${physicalId} is gone`);
        await this.#meet('update', thing.logicalId);
        this.#things.put({ ...thing, properties });
        return this.#state({ ...thing, properties });
      },
      ...(type === 'Test::Thing' && {
        actual: (physicalId: string) => this.things.find((one) => one.physicalId === physicalId)?.properties,
      }),
      delete: async (physicalId) => {
        const thing = this.things.find((one) => one.physicalId === physicalId);
        if (thing === undefined) return;
        await this.#meet('delete', thing.logicalId);
        this.#things.remove(physicalId);
      },
    };
  }

  handlers(): ResourceHandler[] {
    return ['Test::Thing', 'Test::Other', 'AWS::IAM::Role', 'AWS::S3::Bucket'].map((type) =>
      this.handler(type),
    );
  }
}
