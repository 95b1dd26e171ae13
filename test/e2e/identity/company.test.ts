import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Agent, request } from 'undici';
import { type Company, type CompanyOptions, openCompany } from '../../support/company.ts';
import { headlessBrowser } from '../../support/headless-browser.ts';
import { workerArgs } from '../../support/run/worker.ts';
import { noTerminal, onTerminal } from '../../support/terminal/terminal.ts';
import {
  CLI,
  type Computer,
  computerAt,
  type DeployedStack,
  firstPart,
  type LocalStatus,
  setFaults,
  WITH_FAULTS,
  withCloud,
} from '../harness.ts';

interface Who {
  readonly username: string;
  readonly issuer: string;
  readonly writeTo: readonly string[];
  readonly claims?: Readonly<Record<string, string>>;
}

interface Started {
  readonly child: ChildProcess;
  /** Resolves with the match once it is on standard error. */
  said(pattern: RegExp): Promise<RegExpExecArray>;
  /** Resolves with the complete standard output and standard error. */
  ended(): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }>;
}

/** Starts the built command line without a terminal. */
function start(t: TestContext, { home, env }: Computer, args: readonly string[]): Started {
  const child: ChildProcess = spawn(process.execPath, [CLI, ...args], { cwd: home, env });
  t.after(() => child.kill('SIGKILL'));
  let [stdout, stderr] = ['', ''];
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    stdout += chunk;
  });
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    stderr += chunk;
  });
  const closed = once(child, 'close');
  return {
    child,
    async said(pattern) {
      for (;;) {
        const found = pattern.exec(stderr);
        if (found !== null) return found;
        const [ended] = await Promise.race([
          once(child.stderr ?? child, 'data'),
          closed.then(() => [undefined]),
        ]);
        if (ended === undefined && pattern.exec(stderr) === null) assert.fail(`${args[0]} ended: ${stderr}`);
      }
    },
    async ended() {
      const [code] = await closed;
      return { code: Number(code), stdout, stderr };
    },
  };
}

/** Signs in with a browser that follows the redirects. */
async function signInByBrowser(
  t: TestContext,
  computer: Computer,
  url: string,
  alias: string,
): Promise<void> {
  const login = start(t, computer, ['login', url, '--issuer', alias, '--browser']);
  const [address] = await login.said(/http:\/\/127\.0\.0\.1:\d+\/auth\?\S+/);
  const page = await headlessBrowser().open(address);
  assert.match(page.text, /You can close this window/);
  const { code, stderr } = await login.ended();
  assert.equal(code, 0, stderr);
}

/** Returns the stored tokens of an issuer. */
async function keptOf({ home }: Computer, company: Company) {
  const folder = join(home, '.local/state/edge-upload/tokens');
  for (const name of await readdir(folder)) {
    if (!name.endsWith('.json')) continue;
    const path = join(folder, name);
    const kept = JSON.parse(await readFile(path, 'utf8')) as Record<string, string>;
    if (kept.issuer === company.issuer) return { path, kept };
  }
  return assert.fail(`no tokens of ${company.issuer} in ${folder}`);
}

test('signs company users in, uploads, refreshes their tokens, and signs them out', async (t) => {
  const companies = await Promise.all(
    (
      [
        { algorithm: 'RS256', claims: { email: 'ada@acme.com', groups: ['writers'] } },
        { algorithm: 'ES256', claims: { email: 'ada@partner.com' } },
        { algorithm: 'EdDSA', claims: { email: 'ada@staff.com' } },
      ] satisfies CompanyOptions[]
    ).map((options) => openCompany({ redirects: ['http://127.0.0.1/callback'], ...options })),
  );
  const [corp, partner, staff] = companies;
  assert.ok(corp && partner && staff);
  try {
    await withCloud((computer, cloud) => story(t, computer, cloud, { corp, partner, staff }), {
      ...WITH_FAULTS,
      BROWSER: 'none',
    });
  } finally {
    await Promise.all(companies.map((company) => company.close()));
  }
});

interface Companies {
  readonly corp: Company;
  readonly partner: Company;
  readonly staff: Company;
}

async function story(
  t: TestContext,
  computer: Computer,
  cloud: LocalStatus,
  { corp, partner, staff }: Companies,
) {
  const { url } = await computer.json<DeployedStack>(['deploy', '--local', '--no-user-pool']);
  const trust = (company: Company, alias: string, ...more: string[]) =>
    computer.json([
      'trust',
      'oidc',
      company.issuer,
      '--client-id',
      company.clientId,
      '--alias',
      alias,
      '--yes',
      ...more,
    ]);
  await trust(corp, 'corp', '--when', 'groups=writers');
  await trust(partner, 'partner');
  await trust(staff, 'staff', '--token', 'id');
  const put = async (file: string) => {
    const { code, stderr } = await computer.run(['put', file]);
    assert.equal(code, 0, stderr);
  };
  const who = () => computer.json<Who>(['whoami']);
  await writeFile(join(computer.home, 'a.txt'), 'hello');
  await t.test('requires the issuer if there are several and no terminal', async () => {
    const { code, stderr } = await computer.run(['login', url]);
    assert.equal(code, 2);
    assert.match(stderr, /--issuer corp\n.*--issuer partner\n.*--issuer staff/);
  });

  await t.test('with the browser, RS256', async () => {
    await signInByBrowser(t, computer, url, 'corp');
    const { issuer, writeTo, claims } = await who();
    assert.deepEqual([issuer, writeTo, claims], ['corp', ['corp/ada/'], { groups: 'writers', sub: 'ada' }]);
    await put('a.txt');
  });

  await t.test('by device code, ES256', async () => {
    const login = start(t, computer, ['login', url, '--issuer', 'partner', '--device']);
    const [, code = '', address = ''] = await login.said(/type the code (\S+)\s+(http\S+)/);
    const browser = headlessBrowser();
    const form = await browser.open(address);
    const done = await browser.submit(await browser.submit(form, { user_code: code }));
    assert.match(done.text, /Sign-in Success/);
    const ended = await login.ended();
    assert.equal(ended.code, 0, ended.stderr);
    assert.deepEqual((await who()).writeTo, ['partner/ada/']);
    await put('a.txt');
  });

  await t.test('by a pasted address at a terminal, ID tokens, EdDSA', { skip: noTerminal }, async () => {
    const { shown, code } = await onTerminal({
      argv: [process.execPath, CLI, 'login', url, '--no-browser'],
      env: { ...computer.env, TERM: 'xterm' },
      answers: [
        ['Sign in with (corp, partner, staff)', 'staff'],
        ['as application', 'y'],
        [
          'Address that the browser ended on',
          [process.execPath, ...workerArgs('test/e2e/identity/paste-address')],
        ],
      ],
    });
    assert.equal(code, 0, shown);
    assert.match(shown, /Signed in to .* as ada@staff\.com \(staff\)/);
    assert.doesNotMatch(shown, /eyJ[\w-]+\.eyJ/);
    assert.deepEqual((await who()).writeTo, ['staff/ada/']);
    await put('a.txt');
    const listed = await computer.run(['deployments', 'list']);
    assert.match(
      listed.stdout,
      /ada@staff\.com \(staff\), ada@partner\.com \(partner\), ada@acme\.com \(corp\)/,
    );
  });

  await t.test('refuses keys of a namesake at another issuer', async () => {
    const { kept } = await keptOf(computer, partner);
    const dispatcher = new Agent({ connect: { ca: await readFile(cloud.caFile) } });
    const statusOf = async (key: string) => {
      const headers = { authorization: `Bearer ${kept.accessToken}` };
      const { statusCode, body } = await request(`${url}/${key}`, {
        dispatcher,
        method: 'PUT',
        headers,
        body: 'x',
      });
      await body.dump();
      return statusCode;
    };
    assert.equal(await statusOf('partner/ada/own.txt'), 200);
    for (const key of ['corp/ada/a.txt', 'staff/ada/a.txt', 'ada/a.txt', 'partner/a.txt'])
      assert.equal(await statusOf(key), 403, key);
    await dispatcher.close();
  });

  await t.test('refreshes tokens of each kind with rotation', async () => {
    for (const company of [corp, partner, staff]) {
      const before = company.tokenRequests.length;
      const { path, kept } = await keptOf(computer, company);
      // The tokens are about to expire. Commands use the session that signed in last.
      await writeFile(
        path,
        JSON.stringify({
          ...kept,
          signedInAt: new Date().toISOString(),
          expiresAt: new Date().toISOString(),
        }),
      );
      await put('a.txt');
      assert.equal(company.tokenRequests[before]?.get('grant_type'), 'refresh_token');
      assert.notEqual((await keptOf(computer, company)).kept.refreshToken, kept.refreshToken);
    }
  });

  await t.test('follows rotated and withdrawn keys during an upload', async () => {
    await signInByBrowser(t, computer, url, 'corp');
    const another = computerAt(join(computer.home, 'another'), { BROWSER: 'none' });
    await mkdir(another.home);
    const config = '.config/edge-upload';
    await mkdir(join(another.home, config), { recursive: true, mode: 0o700 });
    const known = await readFile(join(computer.home, config, 'deployments.json'));
    await writeFile(join(another.home, config, 'deployments.json'), known, { mode: 0o600 });
    await writeFile(join(computer.home, 'large.bin'), Buffer.alloc(64 * 1024 * 1024, 'large'));
    await setFaults(cloud, { resourceDelayMs: 0, edge: { bytesPerSecond: 4 * 1024 * 1024 } });
    const upload = start(t, computer, [
      'put',
      'large.bin',
      '--part-size',
      '5M',
      '--concurrency',
      '1',
      '--json',
    ]);
    await firstPart(computer, upload.child);
    // The next parts are still being sent when the other computer has signed in.
    await setFaults(cloud, { resourceDelayMs: 0, edge: { bytesPerSecond: 64 * 1024 } });
    const refreshed = corp.tokenRequests.length;
    corp.rotate({ withdraw: true });
    // A token signed with the new key makes the edge download the key set, which no longer has the old key.
    await signInByBrowser(t, another, url, 'corp');
    await setFaults(cloud, { resourceDelayMs: 0 });
    const { code, stdout, stderr } = await upload.ended();
    assert.equal(code, 0, stdout + stderr);
    const grants = corp.tokenRequests.slice(refreshed).map((body) => body.get('grant_type'));
    assert.deepEqual(grants, ['authorization_code', 'refresh_token']);
  });

  await t.test('revokes at the provider on logout, and uses the next session', async () => {
    const { kept } = await keptOf(computer, corp);
    const { revoked, stillSignedIn } = await computer.json<{ revoked: boolean; stillSignedIn: string }>([
      'logout',
    ]);
    assert.equal(revoked, true);
    const form = new URLSearchParams({
      grant_type: 'refresh_token',
      client_id: corp.clientId,
      refresh_token: kept.refreshToken ?? '',
    });
    const answer = await fetch(`${corp.issuer}/token`, { method: 'POST', body: form });
    assert.equal(((await answer.json()) as { error: string }).error, 'invalid_grant');
    const { issuer } = await who();
    assert.notEqual(issuer, 'corp');
    assert.match(stillSignedIn, /ada/);
    const next = await computer.run(['logout']);
    assert.match(next.stdout, /is signed out of .*\n.* is still signed in there, .*\n +edge-upload logout/);
  });

  await t.test('asks users of an issuer that is no longer trusted to contact the operator', async () => {
    const { issuer = '' } = await who();
    const removed = await computer.run(['trust', 'remove', issuer, '--yes']);
    assert.equal(removed.code, 0, removed.stderr);
    for (const args of [['whoami'], ['put', 'a.txt']]) {
      const { code, stderr } = await computer.run(args);
      assert.equal(code, 4, stderr);
      assert.match(stderr, /no longer trusts the issuer of this sign-in\. Ask its operator/);
      assert.doesNotMatch(stderr, /Sign in again/);
    }
  });

  await t.test('reports a missing user pool in commands that need one', async () => {
    for (const args of [
      ['login', '--create', '--email', 'a@b.c', '--issuer', 'corp'],
      ['password', 'reset', '--username', 'ada', '--new-password-stdin', '--code-stdin'],
      ['password', 'change'],
    ]) {
      const { code, stderr } = await computer.run(args, {
        env: { EDGE_UPLOAD_NEW_PASSWORD: 'Correct-horse-42!', EDGE_UPLOAD_PASSWORD: '' },
      });
      assert.equal(code, 2, stderr);
    }
  });
}
