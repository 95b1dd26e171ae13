import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext as NodeTestContext, test } from 'node:test';
import { put } from '../../../cli/commands/put.ts';
import { whoami } from '../../../cli/commands/whoami.ts';
import { isUserError, type UserError } from '../../../cli/errors.ts';
import { renderError } from '../../../cli/ui/error.ts';
import { type TestContext, testContext } from '../../support/context.ts';
import { Screen } from '../../support/streams.ts';
import { readAll, respondJson, respondXml } from '../transfer/helpers/edge.ts';
import { ownEdge, ownFolder } from '../transfer/helpers/uploading.ts';

const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
const EXP = Date.UTC(2026, 11, 5, 22, 34) / 1000;

type Scope = { readonly k: string } | { readonly p: string };

/** Returns a token in the form that an edge signs. The edges of these tests verify no signatures. */
const tokenOf = (kind: 'eul' | 'euk', scope: Scope) =>
  `${kind}_${part({ alg: 'EdDSA', kid: '1' })}.${part({ iss: 'edge', exp: EXP, ...scope })}.c2ln`;

type Refusal = readonly [status: number, code: string];

/** Opens an edge that describes the token's caller. It refuses each request for a key if a refusal is given. */
async function edgeFor(t: NodeTestContext, scope: Scope, refusal?: Refusal) {
  const authorizations: (string | undefined)[] = [];
  const edge = await ownEdge(t, async (request, response) => {
    authorizations.push(request.headers.authorization);
    request.headers.authorization = 'Bearer good';
    const isDescription = request.method === 'GET' && request.url === '/.well-known/edge-upload';
    if (isDescription && refusal?.[0] !== 401) {
      const caller = {
        ...{
          username: 'link:AAAAAAAA',
          sub: 'link:AAAAAAAA',
          issuer: 'edge',
          groups: [],
          note: 'Q3 figures',
        },
        ...('k' in scope ? { writeTo: [scope.k], key: scope.k } : { writeTo: [scope.p] }),
        tokenExpiresAt: new Date(EXP * 1000).toISOString(),
      };
      response.writeHead(200, { 'content-type': 'application/json' });
      const policy = { maxSize: 1000 };
      response.end(JSON.stringify({ service: 'edge-upload', version: 2, policy, issuers: [], caller }));
      return true;
    }
    if (refusal === undefined) return false;
    await readAll(request);
    const [status, error] = refusal;
    if (status === 412) respondXml(response, 412, 'PreconditionFailed');
    else respondJson(response, status, error);
    return true;
  });
  const cwd = await ownFolder(t);
  for (const name of ['a.txt', 'b.txt']) await writeFile(join(cwd, name), name);
  await mkdir(join(cwd, 'folder'));
  return { edge, cwd, authorizations };
}

test('takes edge and token from --link and EDGE_UPLOAD_LINK before other variables', async (t) => {
  const { edge, cwd, authorizations } = await edgeFor(t, { p: 'inbox/1/' });
  const token = tokenOf('eul', { p: 'inbox/1/' });
  const link = `${edge.url}/#${token}`;
  const others = { EDGE_UPLOAD_TOKEN: 'a.b.c', EDGE_UPLOAD_USERNAME: 'ada', EDGE_UPLOAD_PASSWORD: 'x' };
  await put(testContext({ cwd, env: { ...others, EDGE_UPLOAD_URL: 'https://other.example' } }), {
    files: ['a.txt'],
    link,
  });
  await put(testContext({ cwd, env: { ...others, EDGE_UPLOAD_LINK: link } }), { files: ['b.txt'] });
  assert.deepEqual([...edge.stored.keys()], ['/inbox/1/a.txt', '/inbox/1/b.txt']);
  assert.deepEqual(new Set(authorizations), new Set([`Bearer ${token}`]));

  const who = await whoami(testContext({ cwd, env: { EDGE_UPLOAD_LINK: link } }), {});
  const { username, url, tokens, note, renewed } = who.document;
  assert.deepEqual(
    [username, url, tokens, note, renewed],
    ['link:AAAAAAAA', edge.url, 'link', 'Q3 figures', false],
  );
  assert.match(JSON.stringify(who.text), /from EDGE_UPLOAD_LINK/);
});

test('accepts a key in EDGE_UPLOAD_TOKEN', async (t) => {
  const { edge, cwd, authorizations } = await edgeFor(t, { p: 'sensors/roof/' });
  const token = tokenOf('euk', { p: 'sensors/roof/' });
  const env = { EDGE_UPLOAD_URL: edge.url, EDGE_UPLOAD_TOKEN: token };
  await put(testContext({ cwd, env }), { files: ['a.txt'] });
  assert.deepEqual([...edge.stored.keys()], ['/sensors/roof/a.txt']);
  assert.deepEqual(new Set(authorizations), new Set([`Bearer ${token}`]));
});

test('stores one file of any name by a link for one key', async (t) => {
  const { edge, cwd } = await edgeFor(t, { k: '2026/q3.pdf' });
  const env = { EDGE_UPLOAD_LINK: `${edge.url}/#${tokenOf('eul', { k: '2026/q3.pdf' })}` };
  const context = testContext({ cwd, env });
  await put(context, { files: ['a.txt'] });
  await put(testContext({ cwd, env }), { files: ['b.txt'], as: '2026/q3.pdf' });
  assert.deepEqual([...edge.stored.keys()], ['/2026/q3.pdf']);
  assert.ok(JSON.stringify(context.events).includes('It is stored as “2026/q3.pdf”'));

  for (const files of [['a.txt', 'b.txt'], ['folder']]) {
    const error = await failure(put(testContext({ cwd, env }), { files, recursive: true }));
    assert.equal(error.code, 'usage');
    assert.match(error.message, /stores one file/);
  }
  const other = await failure(put(testContext({ cwd, env }), { files: ['a.txt'], as: 'other.pdf' }));
  assert.equal(other.code, 'forbidden');
  assert.match(other.message, /“2026\/q3\.pdf” only, not “other\.pdf”/);
  assert.equal(edge.stored.size, 1);
});

async function failure(promise: Promise<unknown>): Promise<UserError> {
  const error = await promise.then(
    () => assert.fail('it did not fail'),
    (thrown: unknown) => thrown,
  );
  assert.ok(isUserError(error), String(error));
  return error;
}

function rendered(error: unknown, { sent }: TestContext): string {
  const [stdout, stderr] = [new Screen(), new Screen()];
  renderError(error, { json: false, debug: true, color: false }, { stdout, stderr, sent });
  return stdout.text + stderr.text;
}

test('shows no token that a server quotes, on screens, in JSON or in errors', async (t) => {
  const jwt = tokenOf('eul', { p: '' }).slice('eul_'.length);
  const description = (note: string) => ({
    ...{ service: 'edge-upload', version: 2, policy: {}, issuers: [] },
    caller: {
      ...{ username: 'ada', sub: 'ada', issuer: 'edge', groups: [], writeTo: [''], note },
      tokenExpiresAt: new Date(EXP * 1000).toISOString(),
    },
  });
  let quote: (quoted: string) => readonly [status: number, body: object | string];
  const edge = await ownEdge(t, async (request, response) => {
    const quoted = String(request.headers.authorization);
    await readAll(request);
    const isDescription = request.url === '/.well-known/edge-upload';
    const [status, body] = isDescription ? ([200, description(quoted)] as const) : quote(quoted);
    const [type, text] =
      typeof body === 'string' ? ['application/xml', body] : ['application/json', JSON.stringify(body)];
    response.writeHead(status, { 'content-type': type, 'retry-after': '6' });
    response.end(text);
    return true;
  });
  const cwd = await ownFolder(t);
  for (const name of ['a.txt', 'b.txt']) await writeFile(join(cwd, name), name);
  const answers: (typeof quote)[] = [
    (quoted) => [403, { error: 'forbidden_key', message: `Not ${quoted}.` }],
    (quoted) => [401, { error: 'invalid_token', message: `Not ${quoted}.` }],
    (quoted) => [400, { error: 'bad_header', message: `Not ${quoted}.` }],
    (quoted) => [400, `<Error><Code>AuthorizationHeaderMalformed</Code><Message>${quoted}</Message></Error>`],
  ];
  for (const token of [jwt, `eul_${jwt}`, `euk_${jwt}`]) {
    const env = { EDGE_UPLOAD_URL: edge.url, EDGE_UPLOAD_TOKEN: token };
    for (quote of answers) {
      for (const files of [['a.txt'], ['a.txt', 'b.txt']]) {
        const context = testContext({ cwd, env });
        const error = await put(context, { files }).catch((thrown: unknown) => thrown);
        const shown = [JSON.stringify(context.events), rendered(error, context)].join();
        assert.match(shown, /Bearer (?:eu[lk]_)?…|does not accept/);
        assert.ok(!shown.includes(jwt), shown);
      }
    }
    const context = testContext({ cwd, env });
    const { document } = context.sent.removedFrom(await whoami(context, {}));
    assert.equal(String(document.note).replace(/eu[lk]_/, ''), 'Bearer …');
  }
});

test('explains each refusal of a link or key, with the next step', async (t) => {
  const exact = { k: 'q3.pdf' };
  const below = { p: 'inbox/1/' };
  const cases: readonly [kind: 'eul' | 'euk', Scope, Refusal, code: string, message: RegExp, hint: RegExp][] =
    [
      [
        'eul',
        exact,
        [412, 'PreconditionFailed'],
        'exists',
        /q3\.pdf already exists/,
        /used up: it stores one file, once/,
      ],
      [
        'eul',
        below,
        [412, 'PreconditionFailed'],
        'exists',
        /already exists/,
        /never replaces a file. Rename the file/,
      ],
      [
        'euk',
        below,
        [412, 'PreconditionFailed'],
        'exists',
        /already exists/,
        /A key like this never replaces a file/,
      ],
      ['eul', below, [403, 'forbidden_key'], 'forbidden', /forbidden_key/, /begin with “inbox\/1\/” only/],
      ['eul', below, [413, 'too_large'], 'too_large', /too_large/, /one with a larger limit/],
      ['euk', below, [413, 'too_large'], 'too_large', /too_large/, /edge-upload key create .*--max-size/],
      ['eul', below, [401, 'token_revoked'], 'token_refused', /^The link was revoked\.$/, /a new one/],
      [
        'eul',
        below,
        [401, 'token_expired'],
        'token_refused',
        /^The link expired on 2026-12-05 22:34 UTC/,
        /new/,
      ],
      ['eul', below, [401, 'invalid_token'], 'token_refused', /does not accept the link: /, /another edge/],
      [
        'euk',
        below,
        [401, 'token_revoked'],
        'token_refused',
        /^The key in EDGE_UPLOAD_TOKEN was/,
        /key create/,
      ],
    ];
  for (const [kind, scope, refusal, code, message, hint] of cases) {
    const { edge, cwd } = await edgeFor(t, scope, refusal);
    const token = tokenOf(kind, scope);
    const env: Record<string, string> =
      kind === 'eul'
        ? { EDGE_UPLOAD_LINK: `${edge.url}/#${token}` }
        : { EDGE_UPLOAD_URL: edge.url, EDGE_UPLOAD_TOKEN: token };
    const error = await failure(put(testContext({ cwd, env }), { files: ['a.txt'] }));
    assert.equal(error.code, code, `${kind} ${refusal}: ${error.message}`);
    assert.match(error.message, message);
    assert.match(error.hint ?? '', hint);
    assert.ok(!`${error.message} ${error.hint}`.includes(token.slice(4)));
  }
});

test('refuses links in wrong places, and those that contradict other flags or variables', async (t) => {
  const cwd = await ownFolder(t);
  const link = `https://d1.cloudfront.net/#${tokenOf('eul', { p: 'a/' })}`;
  const options = { json: false, quiet: false, debug: false, color: false, stackName: 'other' };
  for (const [refused, why] of [
    [put(testContext({ cwd }), { files: [link] }), /address of a link is not a file/],
    [put(testContext({ cwd, options }), { files: ['a.txt'], link }), /--link and --stack-name contradict/],
    [put(testContext({ cwd }), { files: ['a.txt'], link: 'https://d1.cloudfront.net/' }), /--link is not/],
    [
      put(testContext({ cwd, env: { EDGE_UPLOAD_LINK: link, EDGE_UPLOAD_URL: 'https://d2.example' } }), {
        files: ['a.txt'],
      }),
      /EDGE_UPLOAD_LINK is a link of https:\/\/d1\.cloudfront\.net, but EDGE_UPLOAD_URL/,
    ],
  ] as const) {
    const error = await failure(refused);
    assert.equal(error.code, 'usage', error.message);
    assert.match(error.message, why);
    assert.ok(!`${error.message} ${error.hint}`.includes('eyJ'));
  }
});

test('shows the key of a link in a dry run without a request', async (t) => {
  const { edge, cwd, authorizations } = await edgeFor(t, { p: 'photos/' });
  const keysOf = async (token: string, files: readonly string[], more = {}) => {
    const context = testContext({
      cwd,
      env: { EDGE_UPLOAD_URL: edge.url, EDGE_UPLOAD_TOKEN: token },
    });
    await put(context, { files, dryRun: true, ...more });
    return context.events.flatMap((event) =>
      event.type === 'row' ? [[event.document.key, 'error' in event.document]] : [],
    );
  };
  const below = tokenOf('euk', { p: 'photos/' });
  assert.deepEqual(await keysOf(below, ['a.txt', 'b.txt']), [
    ['photos/a.txt', false],
    ['photos/b.txt', false],
  ]);
  assert.deepEqual(await keysOf(below, ['a.txt'], { as: 'photos/x' }), [['photos/x', false]]);
  const exact = tokenOf('eul', { k: 'report.pdf' });
  assert.deepEqual(await keysOf(exact, ['a.txt']), [['report.pdf', false]]);
  assert.deepEqual(await keysOf(exact, ['a.txt'], { as: 'other' }), [['other', true]]);
  assert.deepEqual(authorizations, []);
});
