import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { CloudFormation, type StackEvent } from '@aws-sdk/client-cloudformation';
import { Identities } from '../../../local/auth/identities.ts';
import { createCloudFormation } from '../../../local/cloudformation/service.ts';
import type { Faults } from '../../../local/faults.ts';
import type { Json, JsonObject } from '../../../local/json.ts';
import { omitUndefined } from '../../../protocol/fields.ts';
import { clientOptions, serve } from '../../support/serve.ts';
import { FakeCloud } from './fake-resources.ts';

interface Options {
  readonly faults?: Faults;
  readonly cloud?: FakeCloud;
  readonly onDefect?: (error: unknown) => void;
}

/** Opens the service with fake resources on a real socket, in a folder that is deleted after the test. */
export async function setUp(t: Pick<TestContext, 'after'>, options: Options = {}) {
  const { faults = {}, cloud = new FakeCloud(), onDefect } = options;
  const dataDir = mkdtempSync(join(tmpdir(), 'cloudformation-'));
  const open = () =>
    createCloudFormation({
      dataDir,
      now: () => new Date(),
      identities: new Identities({ wellKnownKeys: true }),
      resources: cloud.handlers(),
      faults,
      getObject: async () => ({ status: 404, body: '<Error/>' }),
      ...omitUndefined({ onDefect }),
    });
  let service = open();
  const endpoint = await serve(t, (request) => service.handle(request));
  const sdk = new CloudFormation(clientOptions(endpoint));
  t.after(() => {
    sdk.destroy();
    rmSync(dataDir, { recursive: true, force: true });
  });

  const stackOf = async (StackName: string) => {
    const { Stacks = [] } = await sdk.describeStacks({ StackName });
    const [stack] = Stacks;
    if (stack === undefined) throw new Error(`no stack ${StackName}`);
    return stack;
  };
  const eventsOf = async (StackName: string): Promise<StackEvent[]> => {
    const { StackEvents = [] } = await sdk.describeStackEvents({ StackName });
    return StackEvents.reverse();
  };
  return {
    endpoint,
    dataDir,
    sdk,
    cloud,
    faults,
    idle: () => service.idle(),
    /** Opens the folder again, as a new process after a crash does, before it resumes anything. */
    reopen: () => {
      service = open();
      return service;
    },
    stackOf,
    statusOf: async (name: string) => (await stackOf(name)).StackStatus,
    /** Oldest first. */
    eventsOf,
    /** Oldest first, as `LogicalId STATUS` or `LogicalId STATUS: reason`. */
    storyOf: async (name: string) =>
      (await eventsOf(name)).map(
        ({ LogicalResourceId, ResourceStatus, ResourceStatusReason: reason }) =>
          `${LogicalResourceId} ${ResourceStatus}${reason === undefined ? '' : `: ${plain(reason)}`}`,
      ),
    /** Creates a stack and waits until no operation is running. */
    create: async (StackName: string, body: JsonObject, more: Partial<CreateInput> = {}) => {
      const { StackId = '' } = await sdk.createStack({
        StackName,
        TemplateBody: JSON.stringify(body),
        ...more,
      });
      await service.idle();
      return StackId;
    },
    update: async (StackName: string, body: JsonObject, more: Partial<UpdateInput> = {}) => {
      await sdk.updateStack({ StackName, TemplateBody: JSON.stringify(body), ...more });
      await service.idle();
    },
    remove: async (StackName: string, more: Partial<DeleteInput> = {}) => {
      await sdk.deleteStack({ StackName, ...more });
      await service.idle();
    },
  };
}

type CreateInput = Parameters<CloudFormation['createStack']>[0];
type UpdateInput = Parameters<CloudFormation['updateStack']>[0];
type DeleteInput = Parameters<CloudFormation['deleteStack']>[0];

export type Setup = Awaited<ReturnType<typeof setUp>>;

/** Returns a reason without its random part. */
function plain(reason: string): string {
  return reason.replace(/RequestToken: [0-9a-f-]{36}/, 'RequestToken: …');
}

interface ThingMembers {
  readonly dependsOn?: Json;
  readonly [member: string]: Json | undefined;
}

/** Returns a resource for a template: `thing({ Colour: 'red' }, { DeletionPolicy: 'Retain' })`. */
export function thing(properties: JsonObject = {}, members: ThingMembers = {}): JsonObject {
  return { Type: 'Test::Thing', Properties: properties, ...(members as JsonObject) };
}

export function template(resources: JsonObject, more: JsonObject = {}): JsonObject {
  return { Resources: resources, ...more };
}

export const ref = (name: string): JsonObject => ({ Ref: name });
export const att = (id: string, name: string): JsonObject => ({ 'Fn::GetAtt': [id, name] });
