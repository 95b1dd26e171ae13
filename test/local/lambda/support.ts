import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { Identities } from '../../../local/auth/identities.ts';
import type { Json, JsonObject } from '../../../local/json.ts';
import { nodeFacts } from '../../../local/lambda/instances/environment.ts';
import type { InstanceOptions } from '../../../local/lambda/instances/instance.ts';
import { textLines } from '../../../local/lambda/logs/log-lines.ts';
import { createLambda, type Lambda, type LambdaOptions } from '../../../local/lambda/service.ts';
import type { ResourceHandler, ResourceState } from '../../../local/resource.ts';
import { buildSandbox } from '../../../scripts/sandbox.ts';

export const ROLE = 'arn:aws:iam::000000000000:role/edge';

let built: Promise<string> | undefined;

/**
 * The sandbox as `npm run build` makes it.
 * @public Imported by programs that tests write.
 */
export function sandboxSource(): Promise<string> {
  built ??= (async () => {
    const [, outer] = await buildSandbox({ write: false });
    return outer?.outputFiles?.[0]?.text ?? '';
  })();
  return built;
}

/** Returns the options of an instance that runs this code without the kernel's isolation. */
export async function instanceOptions(code: string): Promise<InstanceOptions> {
  return {
    sandboxSource: await sandboxSource(),
    start: {
      code,
      handler: 'index.handler',
      runtime: 'nodejs24.x',
      functionName: 'name',
      functionVersion: '1',
      functionArn: 'arn',
      memorySize: 128,
      environment: {},
      ...nodeFacts(),
    },
    timeout: 60,
    initTimeout: 1,
    systemLines: textLines,
    within: [],
    reachable: { network: async () => ({ status: 404 }), keySets: [], keySetFault: () => undefined },
    openLog: () => ({ name: 'stream', write: () => {} }),
  };
}

export interface Room extends Lambda {
  readonly dataDir: string;
  readonly options: LambdaOptions;
  /** Creates a function with this code, unless it exists, and publishes it. Returns the version's ARN. */
  publish(code: string, properties?: JsonObject, metadata?: JsonObject): Promise<string>;
  /** Logged messages, oldest first. */
  readonly logged: { readonly group: string; readonly stream: string; readonly message: string }[];
}

/** Opens an embedded Lambda that is closed after the test. */
export async function openRoom(t: TestContext, given: Partial<LambdaOptions> = {}): Promise<Room> {
  const dataDir = given.dataDir ?? (await mkdtemp(join(tmpdir(), 'lambda-')));
  const logged: Room['logged'] = [];
  const options: LambdaOptions = {
    dataDir,
    now: () => new Date(),
    identities: new Identities({ wellKnownKeys: true }),
    network: async () => ({ status: 404 }),
    isReplicated: () => false,
    roleTrusts: (arn) => (arn === ROLE ? ['lambda.amazonaws.com'] : undefined),
    sandboxSource: await sandboxSource(),
    log: (group, stream, ...messages) => {
      for (const message of messages) logged.push({ group, stream, message });
    },
    ...given,
  };
  const lambda = createLambda(options);
  t.after(async () => {
    await lambda.close();
    await rm(dataDir, { recursive: true, force: true });
  });
  let count = 0;
  return {
    ...lambda,
    dataDir,
    options,
    async publish(code, properties = {}, metadata = undefined) {
      count += 1;
      // Lambda's 3 seconds are too few on a busy computer.
      const all = { ...functionProperties(code), Timeout: 120, ...properties };
      const { physicalId } = await create(
        lambda.resources,
        'AWS::Lambda::Function',
        `F${count}`,
        all,
        metadata,
      );
      const version = await create(lambda.resources, 'AWS::Lambda::Version', `V${count}`, {
        FunctionName: physicalId,
      });
      return version.physicalId;
    },
    logged,
  };
}

export function functionProperties(code: string): JsonObject {
  return { Code: { ZipFile: code }, Handler: 'index.handler', Role: ROLE, Runtime: 'nodejs24.x' };
}

export function handlerOf(resources: readonly ResourceHandler[], type: string): ResourceHandler {
  const found = resources.find((resource) => resource.type === type);
  if (found === undefined) throw new Error(`no handler for ${type}`);
  return found;
}

/** Creates a resource like the CloudFormation engine. */
export function create(
  resources: readonly ResourceHandler[],
  type: string,
  logicalId: string,
  properties: JsonObject,
  metadata?: JsonObject,
): Promise<ResourceState> {
  const suffix = '0123456789abcdefghij';
  return handlerOf(resources, type).create({
    stackName: 'stack',
    logicalId,
    suffix,
    properties,
    metadata,
  });
}

/** Returns the result of an invocation. A failed invocation fails the test. */
export async function returned(room: Room, arn: string, event: Json = {}): Promise<unknown> {
  const invocation = await room.invoke(arn, event);
  if (invocation.outcome !== 'returned') throw new Error(`unexpected outcome: ${JSON.stringify(invocation)}`);
  return invocation.value;
}
