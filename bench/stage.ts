import { open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  DeleteObjectsCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  S3Client,
} from '@aws-sdk/client-s3';
import {
  awsEnv,
  type Computer,
  clientConfig,
  type DeployedStack,
  type LocalStatus,
  signIn,
  withCloud,
} from '../test/e2e/harness.ts';

/** What each measurement uses: a home folder, an embedded cloud, an edge and a signed-in user. */
export interface Stage {
  readonly computer: Computer;
  readonly cloud: LocalStatus;
  /** `https://127.0.0.1:<port>` of the edge. */
  readonly edge: string;
  readonly bucket: string;
  /** Environment for the AWS CLI and rclone. */
  readonly awsEnv: NodeJS.ProcessEnv;
  /** Returns a token of the user that is valid long enough for a measurement. */
  token(): Promise<string>;
  /** Returns an unused prefix. Deleting the objects instead would make the file system slow during the next round. */
  freshPrefix(): string;
  /**
   * Deletes all objects.
   * @throws {Error} if a multipart upload is open
   */
  empty(): Promise<void>;
}

/** Excludes the computer's certificate authorities, whose loading time differs between programs. */
const NO_AUTHORITIES = {
  CURL_CA_BUNDLE: undefined,
  REQUESTS_CA_BUNDLE: undefined,
  SSL_CERT_DIR: undefined,
  SSL_CERT_FILE: undefined,
};

/** Runs `work` with a stage. */
export async function withStage(work: (stage: Stage) => Promise<void>): Promise<void> {
  let prefixes = 0;
  await withCloud(async (computer, cloud) => {
    const { url, outputs } = await computer.json<DeployedStack>(['deploy', '--local', '--yes']);
    await signIn(computer);
    const s3 = new S3Client({ ...clientConfig(cloud), forcePathStyle: true });
    const Bucket = outputs.S3BucketName;
    try {
      await work({
        computer,
        cloud,
        edge: url,
        bucket: Bucket,
        awsEnv: awsEnv(computer, cloud),
        token: async () => (await computer.run(['token'])).stdout.trim(),
        freshPrefix: () => `round-${++prefixes}/`,
        empty: () => empty(s3, Bucket),
      });
    } finally {
      s3.destroy();
    }
  }, NO_AUTHORITIES);
}

async function empty(s3: S3Client, Bucket: string): Promise<void> {
  for (;;) {
    const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket }));
    if (Contents.length === 0) break;
    await s3.send(
      new DeleteObjectsCommand({ Bucket, Delete: { Objects: Contents.map(({ Key }) => ({ Key })) } }),
    );
  }
  const { Uploads = [] } = await s3.send(new ListMultipartUploadsCommand({ Bucket }));
  if (Uploads.length > 0) throw new Error(`${Uploads.length} multipart uploads were left open`);
}

const BLOCK = 1024 * 1024;

/** Creates a file of incompressible bytes, which are the same for the same size. */
export async function makeFile(stage: Stage, name: string, size: number): Promise<string> {
  const path = join(stage.computer.home, name);
  const file = await open(path, 'w');
  const block = Buffer.alloc(Math.min(BLOCK, size));
  let state = 1;
  try {
    for (let at = 0; at < size; at += block.length) {
      for (let word = 0; word + 4 <= block.length; word += 4) {
        state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
        block.writeInt32LE(state ^ (state >>> 15), word);
      }
      await file.write(block, 0, Math.min(block.length, size - at));
    }
  } finally {
    await file.close();
  }
  return path;
}

/** Creates a sparse file without any data. */
export async function makeSparse(stage: Stage, name: string, size: number): Promise<string> {
  const path = join(stage.computer.home, name);
  await writeFile(path, '');
  const file = await open(path, 'r+');
  await file.truncate(size);
  await file.close();
  return path;
}
