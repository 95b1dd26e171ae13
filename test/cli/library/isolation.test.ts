import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { inspect } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createUploader, UploadError, type UploaderOptions } from '../../../cli/library/create-uploader.ts';
import type { EdgeFault } from '../transfer/helpers/edge.ts';
import { ownEdge, ownFolder } from '../transfer/helpers/uploading.ts';

const TOKENS = ['first-token-of-the-first', 'other-token-of-the-other'] as const;

async function failureOf(doing: Promise<unknown>): Promise<UploadError> {
  const error: unknown = await doing.then(
    () => assert.fail('it did not fail'),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof UploadError, String(error));
  return error;
}

/** Returns everything that a program can print of an error. */
const printed = (error: unknown) => inspect(error, { depth: 20, showHidden: true, maxStringLength: null });

const authorization = (request: IncomingMessage) => String(request.headers.authorization);

function answerJson(response: ServerResponse, status: number, error: string, message: string): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ error, message }));
}

/** Two uploaders for one edge in one process, each with its own token. */
async function pair(t: TestContext, mischief: EdgeFault, options: Partial<UploaderOptions> = {}) {
  const edge = await ownEdge(t, mischief);
  const open = (token: string) => {
    const uploader = createUploader({ url: edge.url, token, ...options });
    t.after(() => uploader.close());
    return uploader;
  };
  return TOKENS.map(open) as [ReturnType<typeof open>, ReturnType<typeof open>];
}

test('removes only its own token from the errors of each uploader', async (t) => {
  const both = TOKENS.join(' and ');
  const [first, other] = await pair(t, (request, response) => {
    request.resume().on('end', () => answerJson(response, 400, 'bad_header', `Not ${both}.`));
    return true;
  });
  const upload = (uploader: typeof first) =>
    failureOf(uploader.upload(new Uint8Array(1), { key: 'a', multipart: 'never' }));
  const errors = await Promise.all([upload(first), upload(other), upload(first), upload(other)]);
  const texts = errors.map(({ message }) => /Not (.*)\./.exec(message)?.[1]);
  const [one, two] = [`… and ${TOKENS[1]}`, `${TOKENS[0]} and …`];
  assert.deepEqual(texts, [one, two, one, two]);
});

test('removes a token that a server quotes from errors, causes, warnings and progress', async (t) => {
  const folder = await ownFolder(t);
  const path = join(folder, 'a');
  await writeFile(path, 'hello');
  const answers: Record<string, EdgeFault> = {
    refusal: (request, response) => {
      answerJson(response, 403, 'no', `Not ${authorization(request)}`);
      return true;
    },
    code: (request, response) => {
      answerJson(response, 401, authorization(request), '');
      return true;
    },
    redirect: (request, response) => {
      response.writeHead(307, { location: `https://${authorization(request).split(' ')[1]}.example/` }).end();
      return true;
    },
    type: (request, response) => {
      response.writeHead(200, { 'content-type': `x/${authorization(request).split(' ')[1]}` }).end('x');
      return true;
    },
    'no HTTP': (request) => {
      request.socket.end(`NOT HTTP ${authorization(request)}\r\n\r\n`);
      return true;
    },
  };
  const warnings: string[] = [];
  for (const [name, mischief] of Object.entries(answers)) {
    const answer: EdgeFault = (request, response, number) => {
      request.resume();
      return mischief(request, response, number);
    };
    const uploaders = await pair(t, answer, { onWarning: (text) => void warnings.push(text) });
    for (const [at, uploader] of uploaders.entries()) {
      const error = await failureOf(uploader.upload(path, { key: 'a' }));
      assert.ok(!printed(error).includes(TOKENS[at] ?? ''), `${name}: ${printed(error)}`);
    }
  }
  assert.ok(!warnings.join().includes(TOKENS[0]));
});

test('keeps the program’s error as the cause, unless it contains the token', async (t) => {
  const [uploader] = await pair(t, () => false);
  for (const [message, stays] of [
    ['the disk is full', true],
    [`the vault refuses ${TOKENS[0]}`, false],
  ] as const) {
    const thrown = Object.assign(new Error(message), { code: 'E_VAULT' });
    const source = (async function* () {
      yield 'a';
      throw thrown;
    })();
    const { cause } = await failureOf(uploader.upload(source, { key: 'a' }));
    assert.equal(cause === thrown, stays);
    assert.ok(!printed(cause).includes(TOKENS[0]));
    assert.equal((cause as NodeJS.ErrnoException).code, 'E_VAULT');
  }
});

test('leaves nothing in the process after thousands of uploaders', async () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const heapAfter = async (uploaders: number) => {
    for (let at = 0; at < uploaders; at += 1) {
      const uploader = createUploader({
        url: 'https://edge.invalid',
        token: `token-${at}-${'x'.repeat(1000)}`,
      });
      await uploader.close();
    }
    collect();
    return process.memoryUsage().heapUsed;
  };
  const before = await heapAfter(1000);
  const after = await heapAfter(9000);
  // Their tokens alone would take 9 MB.
  assert.ok(after - before < 4 * 1024 * 1024, `${after - before} bytes`);
});
