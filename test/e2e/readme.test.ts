import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { missing, runProgram } from '../support/programs.ts';
import { WITHOUT_CDK_VALIDATION } from '../support/without-cdk-validation.ts';
import { type DeployedStack, PASSWORD, signIn, withCloudProcess } from './harness.ts';

const ROOT = join(import.meta.dirname, '../..');

/** Returns the commands in the indented blocks of README and guides, without the notes next to them. */
async function commands(): Promise<string[]> {
  const guides = (await readdir(join(ROOT, 'docs'))).filter((name) => name.endsWith('.md')).sort();
  const pages = ['README.md', ...guides.map((name) => `docs/${name}`)];
  const contents = await Promise.all(pages.map((page) => readFile(join(ROOT, page), 'utf8')));
  const lines = contents.flatMap((content) => content.split('\n')).filter((line) => line.startsWith('    '));
  return lines
    .map((line) => line.trim().replace(/^(operator|uploader) +/, ''))
    .map((line) => line.split(/ {3,}/)[0] ?? '')
    .filter((line) => /^(edge-upload|npm|npx|echo|tar|eval|aws) /.test(line));
}

/** The command that the pages run before commands of other tools. */
const EMBEDDED = 'eval "$(edge-upload local env)"';

/** Commands that another test runs. */
const ELSEWHERE = new Map([
  ['npm ci && npm run demo', 'test/package.test.ts runs the demo from the packed tarball'],
  ['npm test', 'is running this'],
  ['npm install --global edge-upload', 'test/package.test.ts'],
  ['edge-upload deploy --scan', 'is refused in the embedded cloud; test/cli/stack/options'],
  ...[
    'saml:https://login.example.com/metadata.xml',
    'oidc:https://login.example.com --idp-client-id <id> --idp-secret edge-upload-idp',
  ].map(
    (idp) =>
      [
        `edge-upload deploy --idp ${idp}`,
        'is refused in the embedded cloud; test/cli/stack/options',
      ] as const,
  ),
  ['edge-upload deploy --no-user-pool', 'loses the users; test/e2e/identity/trusted-issuers.test.ts'],
  ...['--issuer corp', '--device', '--no-browser', '--browser'].map(
    (flag) =>
      [`edge-upload login <url> ${flag}`, 'needs a provider; test/e2e/identity/company.test.ts'] as const,
  ),
  ...['link revoke <id>', 'key revoke <id>', 'key revoke <id> --force'].map(
    (command) => [`edge-upload ${command}`, 'needs an id; test/e2e/links.test.ts'] as const,
  ),
  [
    "echo 'Authorization: Bearer <token>' | curl -g -T report.pdf -H @- https://<domain>/inbox/<id>/",
    'needs a token; test/e2e/links.test.ts',
  ],
  ...[
    'eval "$(edge-upload completion bash)"',
    'edge-upload completion fish | source',
    'edge-upload completion powershell | Out-String | Invoke-Expression',
  ].map((command) => [command, 'is for another shell; test/cli/completions/shells.test.ts'] as const),
  ['edge-upload password reset', 'needs a code; test/cli/identity/sign-in/password.test.ts'],
  ['edge-upload logout --everywhere', 'test/cli/identity/commands.test.ts'],
  [
    'aws iam create-policy --policy-name edge-upload-operator --policy-document file://policy.json',
    'is for AWS; test/e2e/deploy/operator-policy.test.ts compares the policy with the calls of the commands',
  ],
  [
    'aws logs put-retention-policy --region <region> --log-group-name /aws/lambda/us-east-1.<function> --retention-in-days 3653',
    'has names of a deployment on AWS; test/e2e/deploy/log-expiry.test.ts sets an expiry by hand',
  ],
]);

/** Runs a command that only a signal ends, until it has reported a file. */
async function runUntilStored(typed: string, options: { env: NodeJS.ProcessEnv; cwd: string }) {
  const child = spawn('sh', ['-ec', `exec ${typed}`], options);
  const [stdout, stderr] = [text(child.stdout), text(child.stderr)];
  const closed = once(child, 'close');
  await Promise.race([once(child.stdout, 'data'), closed]);
  child.kill('SIGTERM');
  const [code] = await closed;
  return { code, stdout: await stdout, stderr: await stderr };
}

test('every command of README and guides works as written', { skip: missing('curl') }, async () => {
  const noAws = missing('aws') !== false;
  await withCloudProcess(async (computer, cloud) => {
    const bin = join(computer.home, 'bin');
    await runProgram('mkdir', [bin]);
    await writeFile(
      join(bin, 'edge-upload'),
      `#!/bin/sh\nexec "${process.execPath}" "${ROOT}/dist/edge-upload.js" "$@"\n`,
      {
        mode: 0o755,
      },
    );
    const env = {
      ...computer.env,
      ...WITHOUT_CDK_VALIDATION,
      PATH: `${bin}:${process.env.PATH}`,
      EDGE_UPLOAD_NEW_PASSWORD: PASSWORD,
      EDGE_UPLOAD_PASSWORD: PASSWORD,
      CURL_CA_BUNDLE: cloud.caFile,
    };
    const place = (file: string) => join(computer.home, file);
    await copyFile(join(ROOT, 'assets/dawn.png'), place('image.jpg'));
    for (const file of ['report.pdf', 'one.log', 'two.log', 'data.bin']) await writeFile(place(file), file);
    await mkdir(place('photos'));
    await copyFile(place('image.jpg'), place('photos/dawn.jpg'));
    for (const folder of ['inbox', 'exports']) await mkdir(place(folder));
    await writeFile(place('inbox/scan.pdf'), 'scan');
    await writeFile(place('exports/table.csv'), 'a,b');
    const { url } = await computer.json<DeployedStack>(['deploy', '--local']);
    const uploader = await signIn(computer, 'uploader@example.com');

    const written = (await commands()).filter(
      (line) => !ELSEWHERE.has(line) && !(noAws && line.startsWith('aws ')),
    );
    assert.ok(written.length >= 50, 'the pages have commands');
    assert.ok(written.includes(EMBEDDED));
    // Commands that delete the deployment or stop the cloud run last, wherever they are on the page.
    // Downloads run just before them.
    const last = (line: string) => (/destroy|local stop/.test(line) ? 2 : Number(/upload get /.test(line)));
    const ordered = [...new Set(written)].sort((one, other) => last(one) - last(other));
    for (const line of ordered) {
      let typed = line.replace('<url>', url).replace('<domain>', new URL(url).host);
      // There is no AWS here, and nobody who answers questions.
      if (/^edge-upload deploy(?!ments|.*--local)/.test(typed)) typed += ' --local';
      if (/^edge-upload destroy/.test(typed)) typed += ' --yes';
      if (/^edge-upload login http/.test(typed)) typed += ` --username ${uploader}`;
      // Each line runs in its own shell. These need the variables of the line above them.
      if (/^aws |\$AWS_/.test(typed)) typed = `${EMBEDDED}\n${typed}`;
      if (/^edge-upload watch /.test(typed)) {
        const { code, stdout, stderr } = await runUntilStored(typed, { env, cwd: computer.home });
        assert.equal(code, 130, `${line}\n${stdout}${stderr}`);
        continue;
      }
      const inRepository = typed.startsWith('np');
      const { code, stdout, stderr } = await runProgram(
        'sh',
        ['-ec', inRepository ? typed.replace('npm run build && ', '') : typed],
        {
          env,
          cwd: inRepository ? ROOT : computer.home,
        },
      );
      assert.equal(code, 0, `${line}\n${stdout}${stderr}`);
    }
  });
});
