import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { DescribeUserPoolCommand } from '@aws-sdk/client-cognito-identity-provider';
import { GetFunctionCommand } from '@aws-sdk/client-lambda';
import { ListObjectsV2Command } from '@aws-sdk/client-s3';
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import { type OperatorClients, operatorClients } from '../../../cli/network/aws.ts';
import { createSentCredentials } from '../../../cli/sent-credentials.ts';
import type { UiEvent } from '../../../cli/ui/events.ts';
import { listen } from '../../support/serve.ts';

const CREDENTIALS = { AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE', AWS_SECRET_ACCESS_KEY: 'secret' };
const BUCKET = { Bucket: 'b' };

/** The throttling error of a service: status, and body in XML or JSON. */
const throttledXml = (code: string) => `<ErrorResponse><Error><Code>${code}</Code></Error></ErrorResponse>`;
const throttledJson = (code: string) => JSON.stringify({ __type: code });

interface Throttled {
  readonly service: string;
  readonly status: number;
  readonly body: string;
  readonly send: (clients: OperatorClients) => Promise<unknown>;
}

const SERVICES: readonly Throttled[] = [
  {
    service: 'CloudFormation',
    status: 400,
    body: throttledXml('Throttling'),
    send: ({ cloudformation }) => cloudformation.send(new DescribeStacksCommand({})),
  },
  {
    service: 'S3',
    status: 503,
    body: '<Error><Code>SlowDown</Code></Error>',
    send: ({ s3 }) => s3.send(new ListObjectsV2Command(BUCKET)),
  },
  {
    service: 'Cognito',
    status: 400,
    body: throttledJson('TooManyRequestsException'),
    send: ({ cognito }) => cognito.send(new DescribeUserPoolCommand({ UserPoolId: 'us-east-1_a' })),
  },
  {
    service: 'Lambda',
    status: 429,
    body: throttledJson('TooManyRequestsException'),
    send: ({ lambda }) => lambda.send(new GetFunctionCommand({ FunctionName: 'f' })),
  },
];

/** Starts a computer whose AWS is at an endpoint. Records the notes of its screen. */
async function operatorAt(endpoint: string, onNote: () => void = () => {}) {
  const before = { ...process.env };
  Object.assign(process.env, CREDENTIALS);
  const interruption = new AbortController();
  const notes: string[] = [];
  const event = (shown: UiEvent) => {
    if (shown.type === 'note') notes.push(String(shown.text));
    onNote();
  };
  const unused = () => Promise.reject(new Error('no question is expected'));
  const ui = { event, interactive: false, ask: unused, confirm: unused, close: () => {} };
  const clients = await operatorClients(
    {
      env: { ...CREDENTIALS, AWS_ENDPOINT_URL: endpoint },
      sent: createSentCredentials(),
      home: '/',
      execPath: process.execPath,
      ui,
    },
    { signal: interruption.signal },
  );
  const close = () => {
    clients.close();
    process.env = before;
  };
  return { clients, notes, interruption, close };
}

for (const { service, status, body, send } of SERVICES) {
  test(`reports once that ${service} throttles, and Ctrl-C ends the delay`, async (t) => {
    let attempts = 0;
    const endpoint = await listen(t, (_request, response) => {
      attempts += 1;
      response.writeHead(status, { 'content-type': 'text/xml' }).end(body);
    });
    const interrupt = () => interruption.abort();
    const { clients, notes, interruption, close } = await operatorAt(endpoint, interrupt);
    t.after(close);
    await assert.rejects(send(clients), { name: 'AbortError' });
    assert.deepEqual(notes, [
      `${service} throttles the requests of this account. Retrying, which can take a minute.`,
    ]);
    assert.equal(attempts, 2, 'none after Ctrl-C');
  });
}

test('reports that AWS is unreachable while it retries', async (t) => {
  const { clients, notes, close } = await operatorAt('http://127.0.0.1:1');
  t.after(close);
  await assert.rejects(clients.sts.send(new GetCallerIdentityCommand({})));
  assert.deepEqual(notes, ['STS is unreachable: nothing listens there. Retrying.']);
});

test('retries a clean-up request after Ctrl-C', async (t) => {
  let attempts = 0;
  const endpoint = await listen(t, (_request, response) => {
    attempts += 1;
    if (attempts < 4) response.writeHead(503).end('<Error><Code>SlowDown</Code></Error>');
    else response.writeHead(200, { 'x-amz-request-id': 'R' }).end('<ListBucketResult/>');
  });
  const { clients, interruption, close } = await operatorAt(endpoint);
  t.after(close);
  interruption.abort();
  const { signal: abortSignal } = new AbortController();
  await clients.s3.send(new ListObjectsV2Command(BUCKET), { abortSignal });
  assert.equal(attempts, 4);
});
