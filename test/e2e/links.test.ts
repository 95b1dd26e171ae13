import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Agent } from 'undici';
import { missing, runProgram } from '../support/programs.ts';
import { awsClients } from './aws-clients.ts';
import {
  awsEnv,
  type Computer,
  computerAt,
  type DeployedStack,
  exitCode,
  firstPart,
  type LocalStatus,
  signIn,
  until,
  withCloud,
  wrongClock,
} from './harness.ts';

interface Created {
  readonly id: string;
  readonly token: string;
  readonly address: string;
  readonly uploadUrl?: string;
  readonly key?: string;
  readonly prefix?: string;
  readonly curl: string;
  readonly expiresAt: string;
}

interface Listed {
  readonly links: readonly { readonly id: string; readonly state: string; readonly note?: string }[];
}

const MIB = 1024 ** 2;

/** Returns a computer without the deployment, which trusts the cloud's certificate authority. */
async function stranger(home: string, { caFile }: LocalStatus): Promise<Computer> {
  await mkdir(home);
  return computerAt(home, { NODE_EXTRA_CA_CERTS: caFile });
}

/** Returns a client of the edge for requests that our own clients never send. */
async function rawClient(t: TestContext, { caFile }: LocalStatus) {
  const agent = new Agent({ connect: { ca: await readFile(caFile, 'utf8') } });
  t.after(() => agent.close());
  return async (url: string, options: { method?: string; token?: string; body?: string } = {}) => {
    const { method = 'PUT', token, body = '' } = options;
    // Sent unchanged: `URL` would remove dot segments.
    const [, origin = '', path = '/'] = /^(https:\/\/[^/]+)(.*)$/.exec(url) ?? [];
    const answer = await agent.request({
      origin,
      path,
      method: method as 'PUT',
      headers: {
        'content-length': String(Buffer.byteLength(body)),
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
      },
      body,
    });
    return { status: answer.statusCode, text: await answer.body.text() };
  };
}

/** Runs a command that must succeed; returns all that it printed. */
async function ok(computer: Computer, args: readonly string[], code = 0): Promise<string> {
  const ran = await computer.run(args);
  assert.equal(ran.code, code, `${args.join(' ')}\n${ran.stdout}${ran.stderr}`);
  return ran.stdout + ran.stderr;
}

/** Returns the states of links by their ids. */
async function states(computer: Computer): Promise<Readonly<Record<string, string>>> {
  const { links } = await computer.json<Listed>(['link', 'list']);
  return Object.fromEntries(links.map(({ id, state }) => [id, state]));
}

/** A script that uploads with Node alone. */
const FETCH = `
  const { URL: url, TOKEN: token } = process.env;
  fetch(url, { method: 'PUT', headers: { authorization: 'Bearer ' + token }, body: 'by fetch' })
    .then((answer) => { process.exitCode = answer.status === 200 ? 0 : 1; });
`;

test('links and keys upload with curl, fetch and put until they end', {
  skip: missing('curl'),
}, async (t) => {
  await withCloud(async (computer, cloud) => {
    const flags = ['--local', '--max-size', '100M', '--page'];
    const { url, outputs } = await computer.json<DeployedStack>(['deploy', ...flags]);
    const Bucket = outputs.S3BucketName;
    const aws = awsClients(t, cloud);
    const send = await rawClient(t, cloud);
    const uploader = async (Key: string) =>
      (await aws.s3.headObject({ Bucket, Key })).Metadata?.['uploaded-by'];
    const sh = (line: string) => runProgram('sh', ['-c', line], { cwd: computer.home, env: computer.env });
    const file = async (name: string, content: string | Buffer = name) => {
      await writeFile(join(computer.home, name), content);
      return name;
    };

    assert.match(await ok(computer, ['key', 'rotate'], 2), /no signing key yet.*\n.*\n.*link create/);
    assert.match(await ok(computer, ['link', 'list']), /There are no links/);

    // The first link creates the signing key.
    const first = await computer.run(['link', 'create', '--as', '2026/q3.pdf', '--max-size', '1M', '--json']);
    assert.equal(first.code, 0, first.stderr);
    assert.match(first.stderr, /signed by a KMS key of the stack.*\$1 a month/);
    assert.match(first.stderr, /signing key/i);
    const once = JSON.parse(first.stdout) as Created;
    assert.match(once.id, /^[\w][\w-]{7}$/);
    assert.equal(once.address, `${url}/#${once.token}`);
    const page = await readFile(join(import.meta.dirname, '../../docs/links.md'), 'utf8');
    const [, pattern = ''] = /regex = '''(.*)'''/.exec(page) ?? [];
    assert.equal(new RegExp(pattern).exec(`<${once.address}>`)?.[0], once.token);

    await t.test('the curl line stores one file, once', async () => {
      await file('q3.pdf', 'figures');
      const stored = await sh(`${once.curl} --fail-with-body`);
      assert.equal(stored.code, 0, stored.stdout + stored.stderr);
      assert.equal(await uploader('2026/q3.pdf'), `link:${once.id}`);
      const again = await sh(`${once.curl} -sw '%{http_code}'`);
      assert.match(again.stdout, /PreconditionFailed.*412$/s);
      assert.equal((await states(computer))[once.id], 'used');
      assert.match(await ok(computer, ['link', 'create', '--as', '2026/q3.pdf'], 6), /already stored/);
    });

    await t.test('the curl line of a prefix, as printed, takes the name of the file', async () => {
      const { stdout } = await computer.run(['link', 'create', '--note', 'Q3 \u202efigures']);
      const [line = ''] = /echo .*/.exec(stdout) ?? [];
      await file('report.pdf');
      const stored = await sh(`${line} --fail-with-body`);
      assert.equal(stored.code, 0, stored.stdout + stored.stderr);
      const [, id = ''] = /Created the link (\S+), until/.exec(stdout) ?? [];
      assert.equal(await uploader(`inbox/${id}/report.pdf`), `link:${id}`);
      await file('a[b-a] {1}.pdf');
      const odd = await sh(`${line.replace('report.pdf', "'a[b-a] {1}.pdf'")} --fail-with-body`);
      assert.equal(odd.code, 0, odd.stdout + odd.stderr);
      assert.equal(await uploader(`inbox/${id}/a[b-a] {1}.pdf`), `link:${id}`);
      const again = await sh(`${line} --fail-with-body`);
      assert.match(again.stdout, /PreconditionFailed/);
      assert.match(await ok(computer, ['link', 'list']), /Q3 \\u\{202e\}figures/);
      const note = 'Figures of the third quarter, with all of their notes';
      await ok(computer, ['link', 'create', '--note', note, '--prefix', `${'reports-of-2026/'.repeat(3)}`]);
      const short = await ok(computer, ['link', 'list']);
      assert.match(short, / {2}reports-of-2026\/repo… {2}Figures of the thi…$/m);
      assert.ok(
        short.split('\n').every((line) => line.length <= 80),
        short,
      );
      const whole = await ok(computer, ['link', 'list', '--verbose']);
      assert.match(whole, new RegExp(`^ +note +${note}$`, 'm'));
      assert.match(whole, /^ +created by +\S+$/m);
      assert.match(
        stdout.replace(`  ${url}/#eul_`, '  <address>'),
        /It opens in a browser:\n {2}<address>\S+\n\nAnyone with the link can upload/,
        'the address is near the end, where a small terminal shows it',
      );
      const withCode = await ok(computer, ['link', 'create', '--qr']);
      assert.ok(withCode.split('\n').filter((row) => /^[█▀▄ ]{60,}$/.test(row)).length > 30, withCode);
    });

    const link = await computer.json<Created>(['link', 'create', '--prefix', 'drop/']);
    const key = await computer.json<Created>(['key', 'create', 'roof', '--write-to', 'sensors/{name}/']);
    assert.equal(key.prefix, 'sensors/roof/');
    assert.equal(key.address, `${url}/sensors/roof/`);

    await t.test('fetch of Node, and curl with a key', async () => {
      for (const [token, at, Key] of [
        [link.token, `${url}/drop/fetch.txt`, 'drop/fetch.txt'],
        [key.token, `${url}/sensors/roof/fetch.txt`, 'sensors/roof/fetch.txt'],
      ] as const) {
        const env = { ...computer.env, NODE_EXTRA_CA_CERTS: cloud.caFile, URL: at, TOKEN: token };
        const ran = await runProgram(process.execPath, ['-e', FETCH], { env });
        assert.equal(ran.code, 0, ran.stderr);
        assert.match((await uploader(Key)) ?? '', /^(link|key):[\w-]{8}$/);
      }
      for (const _ of ['stored', 'replaced']) {
        const ran = await sh(`${key.curl} --fail-with-body`);
        assert.equal(ran.code, 0, ran.stdout + ran.stderr);
      }
      assert.equal(await uploader('sensors/roof/report.pdf'), `key:${key.id}`);
    });

    await t.test('put with a link, on a computer without a deployment', async () => {
      const other = await stranger(join(computer.home, 'q3-elsewhere'), cloud);
      const cwd = computer.home;
      const put = await other.run(['put', 'report.pdf', '--debug'], {
        cwd,
        env: { EDGE_UPLOAD_LINK: link.address },
      });
      assert.equal(put.code, 0, put.stderr);
      assert.match(put.stderr, /Everything is stored below “drop\/”/);
      const used = await other.run(['put', 'q3.pdf', '--debug', '--link', once.address], { cwd });
      assert.equal(used.code, 6);
      assert.match(used.stderr, /used up: it stores one file, once/);
      const large = await file('large.bin', Buffer.alloc(MIB + 1));
      const exact = await computer.json<Created>(['link', 'create', '--as', 'x.bin', '--max-size', '1M']);
      const refused = await other.run(['put', large, '--link', exact.address], { cwd });
      assert.match(refused.stderr, /too_large.*one with a larger limit/s);
      const typo = await other.run(['put', 'q3.pdf', '--lnk', link.address], { cwd });
      assert.equal(typo.code, 2);
      const who = await other.run(['whoami', '--json'], { cwd, env: { EDGE_UPLOAD_LINK: link.address } });
      const { username, writeTo, noClobber } = JSON.parse(who.stdout);
      assert.deepEqual([username, writeTo, noClobber], [`link:${link.id}`, ['drop/'], true]);
      const device = { EDGE_UPLOAD_URL: url, EDGE_UPLOAD_TOKEN: key.token };
      const byKey = await other.run(['put', 'q3.pdf', '--json'], { cwd, env: device });
      assert.equal(JSON.parse(byKey.stdout.split('\n')[0] ?? '').key, 'sensors/roof/q3.pdf');
      for (const { stdout, stderr } of [put, used, refused, typo, who, byKey]) {
        for (const { token } of [link, once, exact, key]) {
          assert.ok(!`${stdout}${stderr}`.includes(token.split('.')[2] ?? ''), stderr);
        }
      }
    });

    await t.test(
      'an unfinished upload resumes with the same link; no process list has the token',
      async () => {
        // At 4 MiB a second, the upload is still running when a busy machine sends the signal.
        await file('large.bin', Buffer.alloc(96 * MIB, 'x'));
        const encoded = link.address.replace('#eul_', '#eul%5F');
        const args = ['put', 'large.bin', '--link', encoded, '--limit-rate', '4M', '--debug'];
        const child = await until(computer, args, 'origin of the token: link');
        await firstPart(computer, child);
        if (process.platform === 'linux') {
          const title = await readFile(`/proc/${child.pid}/cmdline`, 'utf8');
          assert.doesNotMatch(title, /eul(?:_|%5F)/);
        }
        child.kill('SIGKILL');
        await exitCode(child);
        const resumed = await computer.run(['put', 'large.bin', '--link', link.address, '--json']);
        assert.equal(resumed.code, 0, resumed.stdout + resumed.stderr);
        assert.ok(JSON.parse(resumed.stdout.split('\n')[0] ?? '').resumedBytes > 0, resumed.stdout);
        assert.equal(await uploader('drop/large.bin'), `link:${link.id}`);
      },
    );

    await t.test('attacks over sockets are refused', async () => {
      await ok(computer, ['deploy', '--local', '--stack-name', 'other', '--yes']);
      const without = await ok(computer, ['link', 'create', '--qr', '--stack-name', 'other'], 2);
      assert.match(
        without,
        /--qr needs an upload page.*\n.*\n +edge-upload deploy --page --local --stack-name other/,
      );
      const foreign = await computer.json<Created>([
        'link',
        'create',
        '--prefix',
        'drop/',
        '--stack-name',
        'other',
      ]);
      await ok(computer, ['deployments', 'use', 'edge-upload']);
      const [header = '', payload = '', signature = ''] = link.token.slice(4).split('.');
      const claims = JSON.parse(Buffer.from(payload, 'base64url').toString());
      const changed = (change: object) =>
        `eul_${header}.${Buffer.from(JSON.stringify({ ...claims, ...change })).toString('base64url')}.${signature}`;
      for (const [token, path, status, code] of [
        [link.token, 'outside.txt', 403, 'forbidden_key'],
        [link.token, 'drop/../outside.txt', 400, 'bad_key'],
        [link.token, 'drop%2F..%2Foutside.txt', 400, 'bad_key'],
        [link.token, 'drop', 403, 'forbidden_key'],
        [once.token, '2026/q3.pdf.exe', 403, 'forbidden_key'],
        [once.token, '2026/q3.pdf', 412, 'PreconditionFailed'],
        [key.token, 'sensors/roof2/x', 403, 'forbidden_key'],
        [foreign.token, 'drop/x', 401, ''],
        [changed({ p: '' }), 'x', 401, ''],
        [changed({ exp: claims.exp + 1 }), 'drop/x', 401, 'invalid_token'],
        [link.token.replace('eul_', 'euk_'), 'drop/x', 401, ''],
        [link.token.slice(4), 'drop/x', 401, ''],
        [link.token, '.well-known/edge-upload/tokens/link/AAAAAAAA.json', 400, 'bad_key'],
      ] as const) {
        const answer = await send(`${url}/${path}`, { token, body: 'attack' });
        assert.equal(answer.status, status, `${path} ${answer.text}`);
        assert.ok(answer.text.includes(code), answer.text);
      }

      // The multipart upload of another link cannot be listed, or completed outside the link's own prefix.
      const { token: mine } = await computer.json<Created>(['link', 'create', '--prefix', 'mine/']);
      const begun = await send(`${url}/mine/large.bin?uploads`, { method: 'POST', token: mine });
      const [, uploadId = ''] = /<UploadId>(.*)<\/UploadId>/.exec(begun.text) ?? [];
      assert.notEqual(uploadId, '', begun.text);
      const complete = `${url}/mine/large.bin?uploadId=${encodeURIComponent(uploadId)}`;
      const completed = await send(complete, { method: 'POST', token: link.token, body: '<x/>' });
      assert.equal(completed.status, 403, completed.text);
      const moved = await send(complete.replace('/mine/', '/drop/'), { method: 'GET', token: link.token });
      assert.equal(moved.status, 404, moved.text);
      for (const token of [mine, link.token]) {
        const listed = await send(`${url}/drop/x?uploads`, { method: 'GET', token });
        assert.equal(listed.status, 403, listed.text);
      }
    });

    await t.test('a key in a query is refused, and not logged', async () => {
      await signIn(computer);
      const { token: ofUser } = await computer.json<{ token: string }>(['token']);
      for (const token of [key.token, undefined, ofUser]) {
        const answer = await send(`${url}/sensors/roof/x?token=${key.token}`, {
          body: 'x',
          ...(token !== undefined && { token }),
        });
        assert.ok(answer.status >= 400 && answer.status < 500, answer.text);
        assert.ok(!answer.text.includes(key.token));
      }
      const logs = await computer.run(['logs', '--all', '--json', '--since', '1h']);
      assert.ok(logs.stdout.includes('refused'), logs.stdout);
      assert.ok(!logs.stdout.includes('euk_'), logs.stdout);
      const names = await readdir(cloud.dataDir, { recursive: true, withFileTypes: true });
      const secrets = [key, link, once].map(({ token }) => token.split('.')[2] ?? '');
      for (const entry of names.filter((one) => one.isFile())) {
        const content = await readFile(join(entry.parentPath, entry.name), 'latin1');
        for (const secret of secrets) assert.ok(!content.includes(secret), `${entry.name} has a token`);
      }
    });

    await t.test('a revoked link is refused after the deploy, the others are not', async () => {
      const victim = await computer.json<Created>(['link', 'create', '--prefix', 'drop/']);
      const revoked = await computer.run(['link', 'revoke', victim.id]);
      assert.equal(revoked.code, 0, revoked.stderr);
      assert.match(revoked.stderr, /This deploys the edge/);
      const refused = await computer.run(['put', 'q3.pdf', '--link', victim.address]);
      assert.equal(refused.code, 4);
      assert.match(refused.stderr, /The link was revoked\.\n +Ask/);
      const others = await states(computer);
      assert.deepEqual([others[victim.id], others[link.id]], ['revoked', 'active']);
      assert.match(await ok(computer, ['link', 'revoke', victim.id]), /is already revoked/);
      assert.match(
        await ok(computer, ['link', 'revoke', 'AAAAAAAA'], 3),
        /no link or key.*\n.*\n.*link list .*\n.*\n.*\n.*link revoke AAAAAAAA .*--force/,
      );
      for (const force of [[], ['--force']]) {
        assert.match(
          await ok(computer, ['key', 'revoke', 'roof-3', ...force], 3),
          /“roof-3” is not the id of a link or key.*\n.*\n.*link list.*\n.*key list/,
        );
      }
      assert.match(await ok(computer, ['key', 'revoke', 'AAAAAAAA', '--force']), /Revoked the key AAAAAAAA/);
      await ok(computer, ['put', 'q3.pdf', '--as', 'drop/after.pdf', '--link', link.address]);
    });

    await t.test(
      'a record with a false expiry delays no revocation, and is ignored with --force',
      async () => {
        const { id, address } = await computer.json<Created>(['link', 'create', '--prefix', 'drop/']);
        const Key = `.well-known/edge-upload/tokens/link/${id}.json`;
        const record = JSON.parse(
          (await (await aws.s3.getObject({ Bucket, Key })).Body?.transformToString()) ?? '',
        );
        const write = (expiresAt: string) =>
          aws.s3.putObject({ Bucket, Key, Body: JSON.stringify({ ...record, expiresAt }) });
        await write('2020-01-01T00:00:00Z');
        assert.match(await ok(computer, ['link', 'revoke', id]), /has expired\. Nothing was changed/);
        await ok(computer, ['link', 'revoke', id, '--force']);
        assert.equal((await computer.run(['put', 'q3.pdf', '--link', address])).code, 4);
        for (const [otherId, end] of [
          ['CCCCCCC1', '2999-01-01T00:00:00.5Z'],
          ['CCCCCCC2', '9999-01-01T00:00:00Z'],
        ] as const) {
          const other = `.well-known/edge-upload/tokens/link/${otherId}.json`;
          const Body = JSON.stringify({ ...record, id: otherId, expiresAt: end });
          await aws.s3.putObject({ Bucket, Key: other, Body });
          assert.match(await ok(computer, ['link', 'revoke', otherId]), /Revoked the link/);
          await aws.s3.deleteObject({ Bucket, Key: other });
        }
        await aws.s3.deleteObject({ Bucket, Key });
      },
    );

    await t.test('a wrong clock ends no link early or late, and no revocation', async () => {
      const [behind, ahead] = [wrongClock(-1), wrongClock(1)];
      const create = (env: NodeJS.ProcessEnv) =>
        computer.built.json<Created>(['link', 'create', '--prefix', 'clock/', '--expires', '30m'], { env });
      const [early, late] = [await create(behind), await create(ahead)];
      for (const { expiresAt } of [early, late]) {
        const left = Date.parse(expiresAt) - Date.now();
        assert.ok(left > 25 * 60_000 && left <= 30 * 60_000, expiresAt);
      }
      const listed = await computer.built.json<Listed>(['link', 'list'], { env: ahead });
      assert.equal(listed.links.find(({ id }) => id === early.id)?.state, 'active');
      const revoked = await computer.built.run(['link', 'revoke', early.id], { env: ahead });
      assert.match(revoked.stdout, /Revoked the link/, revoked.stderr);
      const deployed = await computer.built.run(['deploy', '--local', '--max-size', '80M'], { env: ahead });
      assert.equal(deployed.code, 0, deployed.stderr);
      const refused = await computer.run(['put', 'q3.pdf', '--link', early.address]);
      assert.match(refused.stderr, /The link was revoked\./);
      await ok(computer, ['put', 'q3.pdf', '--link', late.address]);
    });

    await t.test('simultaneous deploys lose no reported revocation', async () => {
      const made = await Promise.all(
        ['a/', 'b/'].map((prefix) => computer.json<Created>(['link', 'create', '--prefix', prefix])),
      );
      const ran = await Promise.all([
        ...made.map(({ id }) => computer.built.run(['link', 'revoke', id])),
        computer.built.run(['deploy', '--local', '--max-size', '90M']),
      ]);
      assert.ok(ran.some(({ code }) => code === 0));
      for (const { code, stderr } of ran) assert.ok(code === 0 || code === 8, stderr);
      // The built program writes non-ASCII characters unchanged.
      assert.ok(ran.some(({ stderr }) => /^Updating the stack edge-upload…$/m.test(stderr)));
      const after = await states(computer);
      for (const [at, { id }] of made.entries()) {
        if (ran[at]?.code === 0) assert.equal(after[id], 'revoked');
        // The others repeat the command, as the hint asks.
        await ok(computer, ['link', 'revoke', id]);
      }
      const last = await states(computer);
      assert.ok(made.every(({ id }) => last[id] === 'revoked'));
    });

    await t.test('records of links are shown on request, and do not count as uploads', async () => {
      const listed = await computer.json<{ objects: { key: string }[] }>(['ls']);
      assert.ok(listed.objects.length > 5);
      assert.ok(listed.objects.every((object) => !object.key.startsWith('.well-known/')));
      assert.match(await ok(computer, ['ls', '.well-known/edge-upload/']), /tokens\/link\/[\w-]{8}\.json/);
      const Key = '.well-known/edge-upload/tokens/link/BBBBBBBB.json';
      await aws.s3.putObject({ Bucket, Key, Body: '{"id":' });
      assert.match(await ok(computer, ['link', 'list']), /BBBBBBBB\.json is not a record of a link/);
      const odd = Array.from({ length: 13 }, (_, at) => Key.replace('BBBBBBBB', `odd-${at}`));
      for (const one of odd) await aws.s3.putObject({ Bucket, Key: one, Body: 'foreign' });
      const many = await ok(computer, ['link', 'list']);
      assert.equal(many.match(/is not a record of a link/g)?.length, 10);
      assert.match(many, /4 more objects like these; --json names all of them/);
      for (const one of [Key, ...odd]) await aws.s3.deleteObject({ Bucket, Key: one });
    });

    await t.test('a new signing key keeps the old links valid, or ends them on request', async () => {
      const kept = await ok(computer, ['key', 'rotate']);
      assert.match(
        kept,
        /old one verifies until .* UTC, when all its links and keys have expired\.\s+\d+ links and 1 key stay valid\./,
      );
      await ok(computer, ['put', 'q3.pdf', '--as', 'drop/kept.pdf', '--link', link.address]);
      const fresh = await computer.json<Created>(['link', 'create', '--prefix', 'drop/']);
      await ok(computer, ['put', 'q3.pdf', '--as', 'drop/new.pdf', '--link', fresh.address]);
      const dropped = await ok(computer, ['key', 'rotate', '--drop']);
      assert.match(dropped, /All links and keys stop working at once, \d+ links and 1 key today/);
      for (const { address } of [link, fresh]) {
        const refused = await computer.run(['put', 'q3.pdf', '--as', 'drop/late.pdf', '--link', address]);
        assert.equal(refused.code, 4, refused.stderr);
      }
      assert.ok(Object.values(await states(computer)).every((state) => state === 'revoked'));
      const last = await computer.json<Created>(['link', 'create', '--prefix', 'drop/']);
      await ok(computer, ['put', 'q3.pdf', '--as', 'drop/last.pdf', '--link', last.address]);
    });

    await t.test('destroy does not count the records among the objects', async () => {
      const { code, stderr } = await computer.run(['destroy', '--yes']);
      assert.equal(code, 0, stderr);
      const counted = /Counting objects in \S+: (\d+ objects, [\d.]+ \w+)/.exec(stderr)?.[1];
      const emptied = /Emptying the bucket \S+: (\d+ objects, [\d.]+ \w+)/.exec(stderr)?.[1];
      assert.ok(counted !== undefined, stderr);
      assert.equal(emptied, counted);
    });
  });
});

test('the first link on AWS needs --yes without a terminal', async () => {
  await withCloud(async (computer, cloud) => {
    // The edge of a deployment on AWS has a certificate that Node trusts.
    const env = { ...awsEnv(computer, cloud), NODE_EXTRA_CA_CERTS: cloud.caFile };
    const deployed = await computer.run(['deploy', '--yes'], { env });
    assert.equal(deployed.code, 0, deployed.stderr);
    const refused = await computer.run(['link', 'create'], { env });
    assert.equal(refused.code, 2, refused.stderr);
    assert.match(refused.stderr, /\$1 a month/);
    assert.match(refused.stderr, /\+ add +.*key/i);
    assert.match(refused.stderr, /--yes/);
    const created = await computer.run(['link', 'create', '--yes', '--json'], { env });
    assert.equal(created.code, 0, created.stderr);
    // The second link changes no stack, so the command asks nothing.
    const second = await computer.run(['link', 'create', '--json'], { env });
    assert.equal(second.code, 0, second.stderr);
  });
});
