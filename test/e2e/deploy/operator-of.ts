import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { awsEnv, type Computer, computerAt, type LocalStatus } from '../harness.ts';

/** Returns the computer of an operator for whom the embedded cloud is AWS, and the folder of its records. */
export async function operatorOf(computer: Computer, cloud: LocalStatus) {
  const home = join(computer.home, 'operator');
  await mkdir(home);
  const env = { ...awsEnv(computer, cloud), HOME: home, NODE_EXTRA_CA_CERTS: cloud.caFile };
  return { operator: computerAt(home, env), place: { env, platform: process.platform, home } };
}
