import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import { operatorClients } from '../../../cli/network/aws.ts';
import { createSentCredentials } from '../../../cli/sent-credentials.ts';

/*
 * aws-environment.test.ts runs it in a process with a misleading environment. Prints the access keys and regions that
 * the given environments sign with, and the variables of the process that were read meanwhile.
 */
const looked = new Set<string>();
process.env = new Proxy(process.env, {
  get(env, name) {
    looked.add(String(name));
    return env[String(name)];
  },
});

const signed: string[] = [];
const server = createServer((request, response) => {
  if (request.url === '/credentials') {
    response.setHeader('content-type', 'application/json');
    response.end(
      JSON.stringify({
        AccessKeyId: 'CONTAINER',
        SecretAccessKey: 's',
        Token: 't',
        Expiration: new Date(Date.now() + 3_600_000),
      }),
    );
    return;
  }
  const [, key, region] =
    /Credential=([^/]+)\/\d+\/([^/]+)\//.exec(request.headers.authorization ?? '') ?? [];
  signed.push(`${key} ${region}`);
  response.writeHead(403, { 'content-type': 'text/xml' }).end('<Error/>');
});
await once(server.listen(0, '127.0.0.1'), 'listening');
const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

const home = await mkdtemp(join(tmpdir(), 'edge-upload-aws-'));
await mkdir(join(home, '.aws'));
const keys = (id: string) => `aws_access_key_id = ${id}\naws_secret_access_key = s\n`;
await writeFile(join(home, '.aws', 'credentials'), `[default]\n${keys('HOME')}`);
await writeFile(
  join(home, 'config'),
  [
    `[profile static]\n${keys('PROFILE')}`,
    `[profile flag]\n${keys('FLAG')}`,
    `[profile program]\ncredential_process = ${process.execPath} ${join(home, 'program.cjs')}\n`,
    `[profile source]\nrole_arn = arn:aws:iam::123456789012:role/r\ncredential_source = Environment\n`,
    `[profile endpoint]\n${keys('ENDPOINT')}endpoint_url = ${endpoint}\n`,
    `[profile service]\n${keys('SERVICE')}services = here\n[services here]\nsts =\n  endpoint_url = ${endpoint}\n`,
  ].join('\n'),
);
await writeFile(
  join(home, 'program.cjs'),
  `console.log(JSON.stringify({ Version: 1, AccessKeyId: [process.env.NAMED, process.env.EDGE_UPLOAD_PASSWORD, process.env.AWS_PROFILE].join(''), SecretAccessKey: 's' }))`,
);

const there = { AWS_ENDPOINT_URL: endpoint };
const files = { AWS_CONFIG_FILE: join(home, 'config') };
const environments: readonly { env: Record<string, string>; profile?: string }[] = [
  { env: { ...there, AWS_ACCESS_KEY_ID: 'KEYS', AWS_SECRET_ACCESS_KEY: 's' } },
  { env: there },
  { env: { ...there, ...files, AWS_PROFILE: 'static' } },
  { env: { ...there, ...files, AWS_PROFILE: 'none' }, profile: 'flag' },
  {
    env: { ...there, ...files, NAMED: 'PROGRAM', EDGE_UPLOAD_PASSWORD: 'secret' },
    profile: 'program',
  },
  {
    env: { ...there, ...files, AWS_ACCESS_KEY_ID: 'SOURCE', AWS_SECRET_ACCESS_KEY: 's' },
    profile: 'source',
  },
  {
    env: {
      ...there,
      AWS_SHARED_CREDENTIALS_FILE: '/none',
      AWS_CONTAINER_CREDENTIALS_FULL_URI: `${endpoint}/credentials`,
    },
  },
  { env: files, profile: 'endpoint' },
  { env: files, profile: 'service' },
];

looked.clear();
await Promise.all(
  environments.map(async ({ env, profile }) => {
    const clients = await operatorClients(
      { env, sent: createSentCredentials(), home, execPath: process.execPath },
      { profile },
    );
    // The server refuses every request.
    await clients.sts.send(new GetCallerIdentityCommand({})).catch(() => {});
    clients.close();
  }),
);
server.close();
await rm(home, { recursive: true });
process.stdout.write(JSON.stringify({ signed: [...new Set(signed)].sort(), looked: [...looked] }));
