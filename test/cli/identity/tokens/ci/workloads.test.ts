import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { token } from '../../../../../cli/commands/token.ts';
import { whoami } from '../../../../../cli/commands/whoami.ts';
import { findWorkload } from '../../../../../cli/identity/tokens/ci/find-workload.ts';
import { kubernetes } from '../../../../../cli/identity/tokens/ci/kubernetes.ts';
import { workloadTokens } from '../../../../../cli/identity/tokens/ci/workload-tokens.ts';
import { tokenSource } from '../../../../../cli/identity/tokens/token-source.ts';
import { flatResult } from '../../../../support/flat.ts';
import { claimsOf } from '../../../../support/keys/forge.ts';
import { type CiName, PUBLISHED } from './published-claims.ts';
import { REQUEST_TOKEN, rig } from './rig.ts';

const NAMES = Object.keys(PUBLISHED) as CiName[];
/** Providers whose tokens are requested, and can therefore be renewed. */
const REQUESTED = ['github', 'circleci', 'buildkite', 'aws', 'gcp'] as const;
const VARIABLES = ['gitlab', 'bitbucket'] as const;

test('finds the token of each kind of job, for the typed origin only', async (t) => {
  const here = await rig(t);
  for (const ci of NAMES.filter((name) => name !== 'kubernetes')) {
    const env = { ...here.job(ci), EDGE_UPLOAD_URL: here.url };
    const context = here.context(env);
    const { document, text } = flatResult(await whoami(context, {}));
    assert.equal(document.username, PUBLISHED[ci].claims.sub, ci);
    assert.equal(document.tokens, ci);
    assert.equal(document.renewed, !VARIABLES.some((name) => name === ci));
    assert.match(String(text), /in memory only, of/);
    const note = context.events.find(({ type }) => type === 'note');
    assert.match(JSON.stringify(note), /Using the identity of .*: .*=/, ci);
    const printed = flatResult(await token(here.context(env), {}));
    assert.match(String(printed.document.expiresAt), /^\d{4}-/);
    assert.equal(printed.document.origin, ci);
    assert.ok([claimsOf(String(printed.text)).aud].flat().includes(here.url));
  }
  assert.deepEqual(new Set(here.requested), new Set([here.url]));
  assert.equal(here.requested.length, 2 * REQUESTED.length);
});

test('renews a token before it expires, and after a refusal, if the service issues others', async (t) => {
  const here = await rig(t);
  for (const ci of REQUESTED) {
    here.requested.length = 0;
    const tokens = tokenSource(here.context(here.job(ci)), { url: here.url });
    const first = await tokens.current();
    assert.equal(await tokens.current(), first);
    assert.equal(await tokens.endsAt?.(), undefined);
    const half = PUBLISHED[ci].lifetime / 2;
    here.advance(half);
    assert.equal(await tokens.current(), first);
    here.advance(half - 10);
    const [second, same] = await Promise.all([tokens.current(), tokens.current()]);
    assert.notEqual(second, first);
    assert.equal(second, same);
    const third = await tokens.renew(second, 'The key was withdrawn.');
    assert.notEqual(third, second);
    assert.equal(here.requested.length, 3, ci);
  }
});

test('ignores the clock when it computes how long a token is used', async (t) => {
  const here = await rig(t);
  const tokens = tokenSource(
    here.context(here.job('github'), { now: () => new Date(here.now().getTime() + 3_600_000) }),
    { url: here.url },
  );
  const first = await tokens.current();
  here.advance(200);
  assert.equal(await tokens.current(), first);
  here.advance(90);
  assert.notEqual(await tokens.current(), first);
});

test('does not renew a token in a variable, and reports a refusal as final', async (t) => {
  const here = await rig(t);
  for (const ci of VARIABLES) {
    const tokens = tokenSource(here.context(here.job(ci)), { url: here.url });
    const first = await tokens.current();
    assert.equal((await tokens.endsAt?.())?.getTime(), Number(claimsOf(first).exp) * 1000);
    const error = await here.failure(tokens.renew(first, 'The token has expired.'));
    assert.equal(error.code, 'token_refused');
    assert.match(
      error.message,
      /does not accept the token of (GitLab CI\/CD|Bitbucket Pipelines): The token has expired\.$/,
    );
    assert.match(tokens.explain?.(error).hint ?? '', /edge-upload trust check$/);
    here.advance(PUBLISHED[ci].lifetime);
    assert.equal(await tokens.current(), first, 'an expired token is still sent: the edge checks the expiry');
    assert.match(tokens.explain?.(error).hint ?? '', /Run the job again: it starts with a new one\.$/);
  }
});

test('reads a projected token of a pod again when the kubelet has replaced it', async (t) => {
  const here = await rig(t);
  const path = join(here.home, 'projected');
  const pod = {
    preset: 'kubernetes',
    isHere: () => true,
    load: async () => kubernetes(path),
  } as const;
  const context = here.context(here.job('kubernetes'));
  const target = { url: here.url };
  assert.match((await here.failure(findWorkload(context, target, [pod]))).message, /the pod has no file/);
  const write = async () => {
    const next = here.sign('kubernetes', { aud: [here.url] });
    await writeFile(path, `${next}\n`);
    return next;
  };
  const first = await write();
  const found = await findWorkload(context, target, [pod]);
  assert.ok(found);
  const tokens = workloadTokens(context, target, found);
  assert.equal(await tokens.current(), first);
  here.advance(3_000);
  const second = await write();
  assert.equal(await tokens.current(), first);
  here.advance(550);
  assert.equal(await tokens.current(), second);
  for (const aud of [
    ['https://kubernetes.default.svc'],
    [],
    undefined,
    [here.url, 'https://other.example'],
    [[here.url]],
  ]) {
    await writeFile(path, here.sign('kubernetes', { aud }));
    const error = await here.failure(tokens.renew(second));
    assert.match(error.message, /for another audience(, “.*”)?, and is not sent/);
    assert.ok(error.hint?.includes(here.url));
  }
});

test('gives no token to an edge that names another audience', async (t) => {
  const here = await rig(t);
  const EVERY = NAMES.filter((name) => name !== 'kubernetes');
  for (const [audience, jobs] of [
    ['sts.amazonaws.com', EVERY],
    ['api://AzureADTokenExchange', ['github']],
    ['https://upload.pypi.org/legacy/', ['github']],
  ] as const) {
    // An issuer that only looks like the trusted one makes no difference.
    const evil = (preset: CiName) => ({
      preset,
      issuer: `${PUBLISHED[preset].iss}/evil`,
      audience,
      clientId: audience,
    });
    here.name(...NAMES.map(evil));
    for (const ci of jobs) {
      const tokens = tokenSource(here.context(here.job(ci)), { url: here.url });
      assert.ok([claimsOf(await tokens.current()).aud].flat().includes(here.url), ci);
    }
  }
  assert.deepEqual(new Set(here.requested), new Set([here.url]));
});

test('never sends a token that a CI issued for other services', async (t) => {
  const here = await rig(t);
  const strangers: Record<string, string>[] = [
    { GITLAB_CI: 'true', EDGE_UPLOAD_ID_TOKEN: here.sign('gitlab', { aud: 'https://vault.example' }) },
    {
      BITBUCKET_BUILD_NUMBER: '7',
      BITBUCKET_STEP_OIDC_TOKEN: here.sign('bitbucket', { aud: 'ari:cloud:bitbucket::workspace/1' }),
    },
    { GITLAB_CI: 'true', EDGE_UPLOAD_ID_TOKEN: here.sign('gitlab', { aud: `${here.url}.evil.example` }) },
    { GITLAB_CI: 'true', EDGE_UPLOAD_ID_TOKEN: here.sign('gitlab') },
  ];
  for (const env of strangers) {
    const error = await here.failure(tokenSource(here.context(env), { url: here.url }).current());
    assert.deepEqual([error.code, error.exitCode], ['not_signed_in', 4]);
    assert.match(error.message, /for another audience(, “.*”)?, and is not sent/);
    assert.ok(error.hint?.endsWith(`\n  ${here.url}`), error.hint);
  }
  assert.ok(here.sent.every((one) => one === undefined));
});

test('uses the stored sign-in if the edge trusts no issuer of the job', async (t) => {
  const here = await rig(t);
  for (const issuers of [
    [],
    [{ preset: 'github', issuer: PUBLISHED.github.iss, kind: 'people', clientId: 'x' }],
    [{ preset: 'gitlab', issuer: PUBLISHED.gitlab.iss }],
  ]) {
    here.name(...issuers);
    const error = await here.failure(
      tokenSource(here.context(here.job('github')), { url: here.url }).current(),
    );
    assert.match(error.message, /^Nobody is signed in to .*, and its edge does not trust GitHub Actions\.$/);
    assert.deepEqual([error.code, error.exitCode], ['not_signed_in', 4]);
  }
  assert.deepEqual(here.requested, []);
});

test('prints the operator’s command if the edge does not trust the job', async (t) => {
  const here = await rig(t);
  here.name();
  for (const [ci, env, line] of [
    ['github', { GITHUB_REPOSITORY: 'acme/app' }, 'edge-upload trust github acme/app'],
    ['github', { GITHUB_REPOSITORY: "a'; rm -rf b" }, `edge-upload trust github 'a'\\''; rm -rf b'`],
    ['gitlab', { CI_PROJECT_PATH: 'acme/app' }, 'edge-upload trust gitlab acme/app'],
    ['circleci', {}, 'edge-upload trust circleci <org-id> --project <id>'],
    ['buildkite', {}, 'edge-upload trust buildkite <org-id> --pipeline <slug>'],
    ['bitbucket', {}, 'edge-upload trust bitbucket <workspace> --repository-id <uuid>'],
    ['kubernetes', {}, 'edge-upload trust kubernetes <issuer> --service-account <namespace>/<name>'],
    ['aws', {}, 'edge-upload trust aws <account> --role <role> --issuer <url>'],
    ['gcp', {}, 'edge-upload trust gcp <account>'],
  ] as const) {
    const context = here.context({ ...here.job(ci), ...env });
    const error = await here.failure(tokenSource(context, { url: here.url }).current());
    assert.ok(error.hint?.split('\n').includes(`  ${line}`), `${ci}: ${error.hint}`);
    assert.match(error.hint ?? '', /edge-upload login http/);
  }
});

test('prints what to mount if a pod has no projected token', async (t) => {
  const here = await rig(t);
  const pod = here.context(here.job('kubernetes'));
  const error = await here.failure(tokenSource(pod, { url: here.url }).current());
  assert.match(
    error.message,
    /cannot get a token from Kubernetes: the pod has no file \/var\/run\/secrets\/edge-upload\/token/,
  );
  assert.ok(error.hint?.endsWith(`audience: ${here.url}`), error.hint);
  // The pod has another identity that the edge trusts.
  const both = here.context({ ...here.job('kubernetes'), ...here.job('gcp') });
  assert.equal(claimsOf(await tokenSource(both, { url: here.url }).current()).iss, PUBLISHED.gcp.iss);
});

test('prefers credentials of the environment, and obeys EDGE_UPLOAD_IDENTITY', async (t) => {
  const here = await rig(t);
  const current = (env: Record<string, string>) =>
    tokenSource(here.context({ ...here.job('github'), EDGE_UPLOAD_URL: here.url, ...env }), {
      url: here.url,
    }).current();
  assert.equal(await current({ EDGE_UPLOAD_TOKEN: 'a.b.c' }), 'a.b.c');
  assert.match(
    (await here.failure(current({ EDGE_UPLOAD_IDENTITY: 'off' }))).message,
    /^Nobody is signed in/,
  );
  assert.deepEqual([here.requested, here.sent], [[], []]);
  // On Google Cloud, but without a variable that shows it. The edge's description is not requested.
  const { GCE_METADATA_HOST = '' } = here.job('gcp');
  assert.equal(
    claimsOf(await current({ EDGE_UPLOAD_IDENTITY: 'gcp', GCE_METADATA_HOST })).iss,
    PUBLISHED.gcp.iss,
  );
  assert.deepEqual(here.sent, []);
  const error = await here.failure(current({ EDGE_UPLOAD_IDENTITY: 'jenkins' }));
  assert.equal(error.code, 'usage');
  assert.match(error.hint ?? '', /github, gitlab, .*, off$/);
  // Nothing listens at port 1.
  for (const env of [
    { EDGE_UPLOAD_IDENTITY: 'gcp', GCE_METADATA_HOST: '127.0.0.1:1' },
    { EDGE_UPLOAD_IDENTITY: 'github' },
    { EDGE_UPLOAD_IDENTITY: 'kubernetes' },
  ]) {
    const { hint = '' } = await here.failure(
      tokenSource(here.context({ ...env }), { url: here.url }).current(),
    );
    assert.ok(hint.includes(`EDGE_UPLOAD_IDENTITY=${env.EDGE_UPLOAD_IDENTITY} chose`), hint);
    assert.match(hint, /\n {2}unset EDGE_UPLOAD_IDENTITY$/);
  }
});

test('prints the lines to add if a job has no permission for tokens', async (t) => {
  const here = await rig(t);
  for (const [env, hint] of [
    [{ GITHUB_ACTIONS: 'true' }, /permissions:\n {4}id-token: write/],
    [{ GITHUB_ACTIONS: 'true', EDGE_UPLOAD_IDENTITY: 'github' }, /id-token: write/],
    [{ GITLAB_CI: 'true' }, new RegExp(`id_tokens:\n {4}EDGE_UPLOAD_ID_TOKEN:\n {6}aud: ${here.url}`)],
    [{ BITBUCKET_BUILD_NUMBER: '1' }, new RegExp(`audiences:\n {6}- ${here.url}`)],
    [{ CIRCLECI: 'true', PATH: here.home }, /PATH of the step/],
    [{ BUILDKITE: 'true', PATH: here.home }, /on the PATH/],
  ] as const) {
    const error = await here.failure(tokenSource(here.context({ ...env }), { url: here.url }).current());
    assert.deepEqual([error.code, error.exitCode], ['not_signed_in', 4]);
    assert.match(error.hint ?? '', hint);
  }
});

test('shows the reason of a refusal, the relevant claims and the operator’s command', async (t) => {
  const here = await rig(t);
  here.refuse('token_audience', 'The token is for another audience.');
  const env = { ...here.job('github'), EDGE_UPLOAD_URL: here.url };
  const error = await here.failure(whoami(here.context(env), {}));
  assert.equal(error.code, 'token_refused');
  assert.match(error.message, /The token is for another audience/);
  assert.match(error.hint ?? '', /repository=acme\/app, repository_id=67890, .*ref=refs\/heads\/main/);
  assert.match(error.hint ?? '', /edge-upload trust check$/);
  assert.doesNotMatch(error.hint ?? '', /edge-upload login/);
  here.name({ preset: 'github', issuer: PUBLISHED.github.iss, audience: 'https://api.acme.example' });
  const other = await here.failure(whoami(here.context(env), {}));
  assert.match(other.hint ?? '', /accepts tokens for https:\/\/api\.acme\.example/);
  assert.deepEqual(new Set(here.requested), new Set([here.url]));
});

test('bounds and checks responses of token endpoints, and never shows them', async (t) => {
  const here = await rig(t);
  const github = () => tokenSource(here.context(here.job('github')), { url: here.url }).current();
  let asked = 0;
  const answers = async (status: number, body: string | Buffer, headers: Record<string, string> = {}) => {
    asked = 0;
    here.interfere((_request, response) => {
      asked += 1;
      response.writeHead(status, headers);
      response.end(body);
      return true;
    });
    return here.failure(github());
  };
  const echo = JSON.stringify({ value: `Bearer ${REQUEST_TOKEN}` });
  for (const [status, body, code, times] of [
    [302, '', 'not_signed_in', 1],
    [401, echo, 'not_signed_in', 1],
    [403, REQUEST_TOKEN, 'not_signed_in', 1],
    [503, echo, 'unreachable', 3],
    [200, echo, 'unreachable', 1],
    [200, '<html>', 'unreachable', 1],
    [200, '{"value":{"a":1}}', 'unreachable', 1],
    [200, 'null', 'unreachable', 1],
    [200, Buffer.alloc(200_000, 'x'), 'unreachable', 1],
    [200, JSON.stringify({ value: `a.${'b'.repeat(60_000)}.c` }), 'unreachable', 1],
  ] as const) {
    const error = await answers(status, body, { location: 'https://evil.example/' });
    assert.deepEqual([error.code, asked], [code, times], `${status} ${String(body).slice(0, 20)}`);
  }
  // An endless response, and a truncated one.
  here.interfere((_request, response) => {
    response.writeHead(200);
    const more = () => response.write(Buffer.alloc(65_536, 'x')) && setImmediate(more);
    response.on('drain', more);
    more();
    return true;
  });
  assert.equal((await here.failure(github())).code, 'unreachable');
  here.interfere((request) => Boolean(request.socket.destroy()));
  assert.equal((await here.failure(github())).code, 'unreachable');
  assert.ok(here.sent.every((one) => one === undefined));
});

test('gives up on a hanging token endpoint at Ctrl-C and after its deadline', async (t) => {
  const here = await rig(t);
  for (const ci of ['github', 'buildkite'] as const) {
    const context = here.context(here.job(ci));
    here.interfere(() => {
      context.abort.abort();
      return true;
    });
    const error = await here.failure(tokenSource(context, { url: here.url }).current());
    assert.equal(error.code, 'interrupted', ci);
  }
  t.mock.timers.enable({ apis: ['setTimeout'] });
  for (const [ci, code, seconds] of [
    ['github', 'unreachable', 15],
    ['circleci', 'not_signed_in', 30],
  ] as const) {
    here.interfere(() => {
      t.mock.timers.tick(seconds * 1000);
      return true;
    });
    const error = await here.failure(tokenSource(here.context(here.job(ci)), { url: here.url }).current());
    assert.equal(error.code, code);
    assert.match(error.message, /does not respond in time|did not respond within 30 s/);
  }
});

test('uses the token until it expires while renewals fail', async (t) => {
  const here = await rig(t);
  const tokens = tokenSource(here.context(here.job('github')), { url: here.url });
  const first = await tokens.current();
  here.interfere((_request, response) => {
    response.writeHead(403).end();
    return true;
  });
  here.advance(280);
  assert.equal(await tokens.current(), first);
  assert.equal((await here.failure(tokens.renew(first))).code, 'not_signed_in');
  here.advance(20);
  assert.equal((await here.failure(tokens.current())).code, 'not_signed_in');
});

test('requests a token only over https from the runner, with any value of the variable', async (t) => {
  const here = await rig(t);
  for (const address of [
    'http://runner.example/x',
    'https://user:pass@runner.example/',
    'file:///etc/passwd',
    'x',
  ]) {
    const env = { ...here.job('github'), ACTIONS_ID_TOKEN_REQUEST_URL: address };
    const error = await here.failure(tokenSource(here.context(env), { url: here.url }).current());
    assert.equal(error.code, 'settings');
  }
  for (const GCE_METADATA_HOST of ['metadata/../', 'a@b', 'a b']) {
    const env = { K_SERVICE: 'x', GCE_METADATA_HOST };
    assert.equal(
      (await here.failure(tokenSource(here.context(env), { url: here.url }).current())).code,
      'settings',
    );
  }
});

test('names what an administrator must enable if STS fails', async (t) => {
  const here = await rig(t);
  const code = 'OutboundWebIdentityFederationDisabledException';
  here.interfere((_request, response) => {
    response.writeHead(403, { 'content-type': 'text/xml' });
    response.end(
      `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>${code}</Code><Message>Off.</Message></Error></ErrorResponse>`,
    );
    return true;
  });
  const error = await here.failure(tokenSource(here.context(here.job('aws')), { url: here.url }).current());
  assert.equal(error.code, 'not_signed_in');
  assert.match(error.hint ?? '', /aws iam enable-outbound-web-identity-federation/);
});
