import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { startEdge } from './cli/transfer/helpers/edge.ts';
import { cleanEnv, PASSWORD } from './e2e/harness.ts';
import { runProgram } from './support/programs.ts';
import { onTerminal, type Typing } from './support/terminal/terminal.ts';
import { WITHOUT_CDK_VALIDATION } from './support/without-cdk-validation.ts';

const ROOT = join(import.meta.dirname, '..');

let folder: string;
let tarball: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'edge-upload-package-'));
  // Packs the build of `npm test`. Building again would replace the files that other tests are using.
  const packed = await npm(ROOT, 'pack', '--json', '--ignore-scripts', '--pack-destination', folder);
  const [{ filename }] = JSON.parse(packed.stdout) as [{ filename: string }];
  tarball = join(folder, filename);
});
after(() => rm(folder, { recursive: true, force: true }));

async function npm(cwd: string, ...args: string[]) {
  const ran = await runProgram('npm', args, { cwd, env: process.env });
  assert.equal(ran.code, 0, `npm ${args.join(' ')}\n${ran.stderr}`);
  return ran;
}

/** Installs the tarball like `npm install --global`, into an empty prefix with its own home folder. */
async function installGlobally(name: string, ...flags: string[]) {
  const prefix = join(folder, name);
  const home = join(prefix, 'home');
  await mkdir(home, { recursive: true });
  await npm(prefix, 'install', '--global', '--prefix', prefix, '--prefer-offline', ...flags, tarball);
  return {
    prefix,
    home,
    installed: join(prefix, 'lib/node_modules'),
    run: (...args: string[]) =>
      runProgram(join(prefix, 'bin/edge-upload'), args, {
        cwd: home,
        env: cleanEnv(home),
      }),
  };
}

async function filesBelow(root: string) {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));
  const sizes = await Promise.all(files.map(async (file) => (await stat(file)).size));
  return { count: files.length, bytes: sizes.reduce((sum, size) => sum + size, 0) };
}

test('packs what runs and nothing else, within its size', async () => {
  assert.ok((await stat(tarball)).size < 4 * 1024 ** 2);
  const { stdout } = await runProgram('tar', ['-tzf', tarball]);
  const files = stdout.trim().split('\n');
  for (const needed of [
    'dist/edge-upload.cjs',
    'dist/main.cjs',
    'dist/uploader.cjs',
    'dist/local.cjs',
    'dist/cloud.cjs',
    'dist/credentials.js',
    'dist/keyring.js',
    'dist/cdk.cjs',
    'dist/edge.cjs',
    'dist/edge-page.cjs',
    'dist/page.json',
    'dist/sandbox.cjs',
    'dist/completions/edge-upload.bash',
    'dist/completions/_edge-upload',
    'dist/man/edge-upload-put.1',
    'LICENSE',
    'README.md',
  ]) {
    assert.ok(files.includes(`package/${needed}`), needed);
  }
  assert.deepEqual(
    files.filter((file) => /(?<!\.d)\.ts$|node_modules|test\//.test(file)),
    [],
  );
  assert.match(await readFile(join(ROOT, 'dist/THIRD-PARTY-NOTICES.txt'), 'utf8'), /undici[\s\S]*MIT/);
});

test('installs globally with the keyring, within its size, and runs the demo', async () => {
  const { prefix, installed, run } = await installGlobally('whole');
  assert.deepEqual(await readdir(join(installed, 'edge-upload/node_modules')), ['@napi-rs']);
  const { count, bytes } = await filesBelow(installed);
  // README says 15 MB.
  assert.ok(bytes < 15_500_000, `${bytes} bytes`);
  assert.ok(count <= 200, `${count} files`);
  assert.ok((await readdir(join(prefix, 'share/man/man1'))).includes('edge-upload-put.1'));
  const demo = await run('demo', '--json');
  assert.equal(demo.code, 0, demo.stderr);
  assert.equal(JSON.parse(demo.stdout).outcome, 'done');

  // If npm has no keyring for the platform, the package is installed without it.
  await rm(join(installed, 'edge-upload/node_modules'), { recursive: true });
  const { version } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as { version: string };
  assert.equal((await run('--version')).stdout, `${version}\n`);
  const whoami = await run('whoami', '--json');
  assert.equal(JSON.parse(whoami.stdout).error.code, 'no_deployment', whoami.stdout);
});

/** Creates another project, with the package and with modules of this repository. */
async function appWith(name: string, ...others: string[]): Promise<string> {
  const app = join(folder, name);
  const modules = join(app, 'node_modules');
  await mkdir(join(modules, 'edge-upload'), { recursive: true });
  await runProgram('tar', ['-xzf', tarball, '-C', join(modules, 'edge-upload'), '--strip-components=1']);
  for (const name of others) {
    await symlink(join(ROOT, 'node_modules', name), join(modules, name));
  }
  await writeFile(join(app, 'package.json'), '{ "type": "module" }');
  return app;
}

const CDK_APP = `
import { App, Stack } from 'aws-cdk-lib';
import { UploadEdge } from 'edge-upload/cdk';

const stack = new Stack(new App(), 'Media', { env: { region: 'us-east-1' } });
const users = new UploadEdge(stack, 'Uploads', { options: { maxSize: 5 * 1024 ** 3, writeTo: '{username}/' } });
const jobs = new UploadEdge(stack, 'Jobs', {
  options: { userPool: false, trust: [{
    alias: 'ci', kind: 'workload', iss: ['https://ci.example.com'], jwksUri: 'https://ci.example.com/jwks', token: 'id',
    name: ['sub'], maxAge: 3600, rules: [{ when: [{ claim: ['project'], is: ['7'] }], writeTo: 'ci/{sub}/' }],
  }] },
  keys: { keySets: { ci: [KEY] }, bakedAt: 1764374400 },
});
`;

const CI = {
  alias: 'ci',
  kind: 'workload',
  iss: ['https://ci.example.com'],
  jwksUri: 'https://ci.example.com/jwks',
  token: 'id',
  name: ['sub'],
  rules: [{ when: [{ claim: ['project'], is: ['7'] }], writeTo: 'ci/{sub}/' }],
};

/** Options that the construct refuses, as `deploy` does. */
const NO_EDGES: readonly (readonly [options: object, message: RegExp, region?: string])[] = [
  [{}, /us-east-1, not in eu-west-1/, 'eu-west-1'],
  [{ tags: {} }, /does not support tags/],
  [{ maxsize: 5 }, /has no option “maxsize” \(did you mean maxSize\?\)/],
  [{ maxSize: '5G' }, /cannot use "5G" as the option “maxSize”/],
  [{ maxSize: -5 }, /cannot use -5/],
  [{ expireAfterDays: 0 }, /cannot use 0/],
  [{ corsOrigins: ['*'] }, /cannot use \["\*"\] as the option “corsOrigins”/],
  [{ page: true, pageColor: 'red;}body{' }, /“pageColor”/],
  [{ pageTitle: 'Alone' }, /--page-title needs --page too/],
  [{ domain: 'uploads.example.com' }, /--domain needs --certificate-arn too/],
  [{ userPool: false, mfa: 'required' }, /--mfa is an option of the user pool/],
  [{ writeTo: '../{sub}/' }, /“writeTo”/],
  [{ writeTo: '{group}-{username}/' }, /the same keys/],
  [{ trust: [{ ...CI, alias: '__proto__' }] }, /“trust”/],
  [{ trust: [{ ...CI, alias: 'cognito' }] }, /edge-upload reserves that name/],
  [{ trust: [CI, CI] }, /“trust”/],
  [{ trust: [CI, { ...CI, alias: 'other' }] }, /is trusted twice for the same audience/],
  [{ trust: [{ ...CI, jwksUri: 'http://ci.example.com/jwks' }] }, /does not begin with https:/],
];

/** Keys and other props that the construct refuses: the edge would refuse every token. */
const NO_PROPS: readonly (readonly [props: unknown, message: RegExp])[] = [
  [null, /an object as its props/],
  [{ optinos: {} }, /does not support “optinos” in its props \(did you mean options\?\)/],
  [{ options: [] }, /an object as options/],
  [{ keys: 'x' }, /an object as keys/],
  [{ keys: { kyes: 1 } }, /does not support “kyes” in keys/],
  [{ keys: { pool: null } }, /an object as keys\.pool/],
  [{ keys: { pool: { userPoolId: 7, clientId: 'c' } } }, /userPoolId and clientId/],
  [
    { keys: { pool: { userPoolId: 'a', clientId: 'c', jwks: { keys: [{ kty: 'oct' }] } } } },
    /pool\.jwks has no key/,
  ],
  [
    { options: { userPool: false, trust: [CI] }, keys: { pool: {}, keySets: {} } },
    /“ci” in keys\.keySets has no key/,
  ],
  [{ keys: { keySets: { nobody: [] } } }, /“trust” has no issuer “nobody”/],
  [{ keys: { keySets: {}, bakedAt: 1764374400000 } }, /whole seconds/],
  [{ keys: { keySets: {}, signing: [] } }, /keys\.signing has no key/],
];

test('serves another CDK app as a construct', async () => {
  const app = await appWith('app', 'aws-cdk-lib', 'constructs', '@types');
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const publicHalf = { ...publicKey.export({ format: 'jwk' }), kid: 'one', alg: 'RS256', use: 'sig' };
  // A program may have loaded private fields too.
  const key = { ...publicHalf, d: 'private-number-of-the-key' };
  const program = CDK_APP.replace('KEY', JSON.stringify(key));
  await writeFile(join(app, 'app.mjs'), program);
  await writeFile(
    join(app, 'app.cjs'),
    `const { UploadEdge } = require('edge-upload/cdk');
    const { App, Stack } = require('aws-cdk-lib');
    const refused = [];
    for (const [options, , region = 'us-east-1'] of ${JSON.stringify(NO_EDGES.map(([options, message, region]) => [options, message.source, region]))}) {
      let said = 'nothing';
      try { new UploadEdge(new Stack(new App(), 'S', { env: { region: region ?? 'us-east-1' } }), 'U', { options }); } catch ({ message }) { said = message; }
      refused.push(said);
    }
    for (const props of ${JSON.stringify(NO_PROPS.map(([props]) => props))}) {
      let said = 'nothing';
      try { new UploadEdge(new Stack(new App(), 'S', { env: { region: 'us-east-1' } }), 'U', props); } catch ({ message }) { said = message; }
      refused.push(said);
    }
    console.log(JSON.stringify(refused));`,
  );
  const cdk = join(ROOT, 'node_modules/aws-cdk/bin/cdk');
  const env = cleanEnv(app, WITHOUT_CDK_VALIDATION);
  const synth = await runProgram(
    process.execPath,
    [cdk, 'synth', '--app', 'node app.mjs', '--output', 'out', '--quiet', '--no-notices', '--ci'],
    { cwd: app, env },
  );
  assert.equal(synth.code, 0, synth.stderr);
  const template = await readFile(join(app, 'out/Media.template.json'), 'utf8');
  assert.ok(!template.includes(key.d) && template.includes(`${publicHalf.n}`));
  const { Resources } = JSON.parse(template) as {
    Resources: Record<string, { Type: string }>;
  };
  const made = Object.entries(Resources).map(
    ([id, { Type }]) => `${id.replace(/[0-9A-F]{8}.*$/, '')} ${Type}`,
  );
  for (const resource of [
    'UploadsUserPool AWS::Cognito::UserPool',
    'UploadsBucket AWS::S3::Bucket',
    'JobsBucket AWS::S3::Bucket',
    'JobsDistribution AWS::CloudFront::Distribution',
  ]) {
    assert.ok(made.includes(resource), `${resource} in ${made.join(', ')}`);
  }
  assert.ok(!made.some((one) => /JobsUserPool|UploadsDistribution/.test(one)), made.join(', '));
  const refused = await runProgram(process.execPath, ['app.cjs'], { cwd: app, env });
  const messages = JSON.parse(refused.stdout) as string[];
  const refusals = [...NO_EDGES, ...NO_PROPS];
  for (const [at, [given, message]] of refusals.entries()) {
    assert.match(messages[at] ?? '', message, JSON.stringify(given));
  }

  // Types: the app compiles, and one with a misspelt option does not.
  const typed = program.replace(JSON.stringify(key), `{ kid: 'one', kty: 'RSA', n: 'x', e: 'AQAB' }`);
  await writeFile(join(app, 'app.ts'), typed);
  await writeFile(join(app, 'wrong.ts'), typed.replace('maxSize', 'maxsize'));
  const tsc = join(ROOT, 'node_modules/.bin/tsc');
  const flags = ['--ignoreConfig', '--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2023'];
  const files = ['--skipLibCheck', 'app.ts', 'wrong.ts'];
  const { stdout } = await runProgram(tsc, [...flags, ...files], { cwd: app, env });
  assert.match(stdout, /^wrong\.ts.*'?maxsize'? does not exist/);
  assert.doesNotMatch(stdout, /^app\.ts/m);
});

/** Reports what the library reads and changes in its process. It is loaded before the program. */
const WATCH = `
Error.stackTraceLimit = 100;
const touched = (globalThis.touched = []);
const byLibrary = (what) => { if (/uploader\\.cjs/.test(new Error().stack)) touched.push(what); };
// One of Node's modules reads its settings when the library first loads it.
const isReadByNode = () => /(at |\\()node:/.test(new Error().stack.split('\\n')[3]);
process.env = new Proxy(process.env, {
  get(env, name) { if (!isReadByNode()) byLibrary('env.' + String(name)); return env[name]; },
  ownKeys(env) { byLibrary('env'); return Reflect.ownKeys(env); },
});
for (const stream of [process.stdout, process.stderr]) {
  const { write } = stream;
  stream.write = (...bytes) => { byLibrary('write'); return write.apply(stream, bytes); };
}
for (const name of ['exit', 'on', 'emitWarning']) {
  const call = process[name];
  process[name] = (...all) => { byLibrary(name); return call.apply(process, all); };
}
const { log } = console;
for (const name of Object.keys(console)) if (typeof console[name] === 'function') console[name] = () => touched.push('console.' + name);
const known = () => [...Reflect.ownKeys(globalThis), ...process.eventNames()].map(String);
const before = known();
globalThis.report = (result) => log(JSON.stringify({ ...result, touched, added: known().filter((name) => !before.includes(name)) }));
`;

const PROGRAM = `
const run = async () => {
  const uploader = createUploader({ url: process.argv[2], token: 'good' });
  const upload = uploader.upload(Buffer.from('as text'), { key: process.argv[3] });
  let events = 0;
  for await (const { bytes } of upload) events += bytes > 0 ? 1 : 0;
  const { bytes, checksum } = await upload;
  const error = await uploader.upload('none', { key: 'none' }).catch((error) => error);
  await uploader.close();
  report({ bytes, checksum, hasEvents: events > 0, code: error.code, typed: error instanceof UploadError });
};
run();
`;

/** Lines with a type error end in a comment. */
const WRONG = `
import { createUploader, type UploadErrorCode } from 'edge-upload';
createUploader({ url: 'https://uploads.example.com' }); // no token
const uploader = createUploader({ url: 'https://uploads.example.com', token: 'x', retries: 3 }); // unknown
await uploader.upload('image.jpg'); // no key
await uploader.upload('image.jpg', { key: 'a', partsize: 1 }); // misspelt
await uploader.upload(7, { key: 'a' }); // no source
const { location } = await uploader.upload('image.jpg', { key: 'a' }); // unknown
const code: UploadErrorCode = 'not_a_code'; // unknown
await uploader.upload(['a'], { key: 'a' }); // no source
await uploader.upload(new Uint16Array(1), { key: 'a' }); // no bytes
await uploader.upload('a', { key: 'a', metadata: { job: 7 } }); // no text
await uploader.upload('a', { key: 'a', multipart: 'sometimes' }); // unknown
createUploader({ url: 'https://uploads.example.com', token: () => 7 }); // no token
createUploader({ url: 'https://uploads.example.com', token: 'x', checksum: 'md5' }); // unknown
createUploader({ url: 'https://uploads.example.com', token: 'x', resume: true }); // no folder
createUploader({ url: 'https://uploads.example.com', token: 'x', fetch }); // unknown
for (const progress of uploader.upload('a', { key: 'a' })) console.log(progress); // not asynchronous
uploader.url = 'https://other.example.com'; // read only
console.log(location, code);
`;

test('serves programs as ES module, as CommonJS and with types', async (t) => {
  const app = await appWith('program', '@types', 'undici-types');
  const edge = await startEdge();
  t.after(() => edge.close());
  const env = { ...cleanEnv(app), HTTPS_PROXY: 'http://127.0.0.1:9' };
  await writeFile(join(app, 'watch.cjs'), WATCH);
  await writeFile(
    join(app, 'esm.mjs'),
    `import { createUploader, UploadError } from 'edge-upload';${PROGRAM}`,
  );
  const required = "const { createUploader, UploadError } = require('edge-upload');";
  await writeFile(join(app, 'common.cjs'), `${required}${PROGRAM}`);
  for (const program of ['esm.mjs', 'common.cjs']) {
    const args = ['--require', './watch.cjs', program, edge.url, `from/${program}`];
    const { code, stdout, stderr } = await runProgram(process.execPath, args, { cwd: app, env });
    assert.equal(code, 0, stderr);
    assert.equal(stderr, '');
    const { checksum, ...report } = JSON.parse(stdout);
    assert.equal(checksum.algorithm, 'crc32');
    const expected = {
      bytes: 7,
      hasEvents: true,
      code: 'file_missing',
      typed: true,
      touched: [],
      added: ['report'],
    };
    assert.deepEqual(report, expected);
    assert.equal(edge.stored.get(`/from/${program}`)?.toString(), 'as text');
  }
  assert.deepEqual((await readdir(app)).sort(), [
    'common.cjs',
    'esm.mjs',
    'node_modules',
    'package.json',
    'watch.cjs',
  ]);

  // Types: the programs of the guide compile, and each wrong line does not.
  const guide = await readFile(join(ROOT, 'docs/library.md'), 'utf8');
  const [first = '', second = ''] = [
    ...guide.matchAll(/```ts\n(import[\s\S]*?|const upload[\s\S]*?)```/g),
  ].map(([, text]) => text);
  const declared = `declare function tokenOfTheSignedInUser(): Promise<string>;
    declare function askForAnotherFolder(): void;
    declare const stream: import('node:stream').Readable;`;
  await writeFile(join(app, 'right.ts'), `${first}${second}${declared}`);
  await writeFile(join(app, 'wrong.ts'), WRONG);
  const compile = async (module: readonly string[], ...files: string[]) => {
    const tsc = join(ROOT, 'node_modules/.bin/tsc');
    const flags = ['--ignoreConfig', '--noEmit', '--strict', '--target', 'es2022', '--types', 'node'];
    return (await runProgram(tsc, [...flags, ...module, ...files], { cwd: app, env })).stdout;
  };
  const stdout = await compile(['--module', 'nodenext'], 'right.ts', 'wrong.ts');
  const lines = [...stdout.matchAll(/^(\S+)\((\d+),/gm)].map(([, file, line]) => `${file}:${line}`);
  const wrong = WRONG.split('\n').flatMap((line, at) =>
    line.includes(' // ') ? [`wrong.ts:${at + 1}`] : [],
  );
  assert.deepEqual(lines, wrong, stdout);
  // A CommonJS program, which cannot require an ES module in older versions of Node and TypeScript, and a bundled one.
  const typed = `import { createUploader, type Upload } from 'edge-upload';
    export const upload: Upload = createUploader({ url: 'https://uploads.example.com', token: 'x' }).upload('a', { key: 'a' });`;
  await writeFile(join(app, 'common.cts'), typed);
  assert.equal(await compile(['--module', 'node16'], 'common.cts'), '');
  assert.equal(await compile(['--module', 'esnext', '--moduleResolution', 'bundler'], 'right.ts'), '');
});

/** A person's answers. The other commands ask nothing. */
const ANSWERS: Readonly<Record<string, Typing>> = {
  'edge-upload deploy --local': [['Deploy this?', 'y']],
  'edge-upload login --create --email ada@example.com': [
    ['New password', PASSWORD],
    ['again', PASSWORD],
  ],
  'edge-upload destroy': [['edge-upload', 'edge-upload']],
};

test('leads from nothing to a stored file by the README’s first steps', async () => {
  const { prefix, home, run } = await installGlobally('newcomer');
  await copyFile(join(ROOT, 'assets/dawn.png'), join(home, 'image.jpg'));
  const env = cleanEnv(home, { PATH: `${join(prefix, 'bin')}:${process.env.PATH}` });
  // As written, the command uses the default port, which can be in use here.
  assert.equal((await run('local', 'start', '--port', '0')).code, 0);

  const readme = await readFile(join(ROOT, 'README.md'), 'utf8');
  const [section = ''] = readme.split('## Try it step by step')[1]?.split('\n## ') ?? [];
  const commands = section.split('\n').flatMap((line) => (line.startsWith('    ') ? [line.trim()] : []));
  assert.ok(commands.length >= 6, section);
  // Each command runs in a new terminal and shell. Variables that it sets are kept.
  const setUp = ['cd "$HOME"'];
  let domain = '';
  for (const command of commands) {
    const argv = ['sh', '-ec', [...setUp, command.replace('<domain>', domain)].join('\n')];
    const { shown, code } = await onTerminal({ argv, env, answers: ANSWERS[command] ?? [] });
    assert.equal(code, 0, `${command}\n${shown}`);
    if (command.startsWith('eval ')) setUp.push(command);
    if (command === 'edge-upload deploy --local') {
      const { stdout } = await run('status', '--json');
      domain = new URL((JSON.parse(stdout) as { url: string }).url).host;
    }
    if (command === 'edge-upload ls') assert.match(shown, /image\.jpg/);
  }
});
