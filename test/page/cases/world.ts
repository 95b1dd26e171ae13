import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { Browser } from 'puppeteer-core';
import { type AwsClients, awsClients } from '../../e2e/aws-clients.ts';
import type { Computer, DeployedStack, LocalStatus } from '../../e2e/harness.ts';
import { makeFile } from '../make-file.ts';

/** A link, as `link create` prints it. */
export interface Link {
  readonly id: string;
  readonly address: string;
  readonly token: string;
}

/** What all cases of the page need. */
export interface PageWorld {
  readonly t: TestContext;
  readonly browser: Browser;
  readonly computer: Computer;
  readonly cloud: LocalStatus;
}

/** A deployment with a page, with helpers for its cases. */
export interface DeployedPage extends PageWorld {
  readonly url: string;
  readonly outputs: DeployedStack['outputs'];
  /** Flags that name the stack. */
  readonly stack: readonly string[];
  readonly clients: AwsClients;
  createLink(...flags: string[]): Promise<Link>;
  revoke(link: Link): Promise<void>;
  /** Writes a small file, whose text is its name unless another is given, and returns its path. */
  file(name: string, text?: string): Promise<string>;
  /** Writes a file of this many bytes, and returns its path. */
  fileOf(name: string, size: number): Promise<string>;
  keysBelow(prefix: string): Promise<(string | undefined)[]>;
  openUploads(): Promise<readonly unknown[]>;
}

/** Deploys a page. */
export async function deployPage(
  world: PageWorld,
  flags: readonly string[],
  stack: readonly string[] = [],
): Promise<DeployedPage> {
  const { t, computer, cloud } = world;
  const { url, outputs } = await computer.json<DeployedStack>([
    ...['deploy', '--local', '--yes', '--page', ...flags, ...stack],
  ]);
  const clients = awsClients(t, cloud);
  const { s3 } = clients;
  const Bucket = outputs.S3BucketName;
  return {
    ...world,
    ...{ url, outputs, stack, clients },
    createLink: (...given) => computer.json<Link>(['link', 'create', ...given, '--yes', ...stack]),
    async revoke({ id }) {
      await computer.json(['link', 'revoke', id, '--yes', ...stack]);
    },
    async file(name, text = name) {
      const path = join(computer.home, name);
      await writeFile(path, text);
      return path;
    },
    fileOf: (name, size) => makeFile(join(computer.home, name), size),
    keysBelow: async (Prefix) =>
      ((await s3.listObjectsV2({ Bucket, Prefix })).Contents ?? []).map(({ Key }) => Key),
    openUploads: async () => (await s3.listMultipartUploads({ Bucket })).Uploads ?? [],
  };
}
