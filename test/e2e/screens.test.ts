import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { screenLines } from '../support/terminal/screen-lines.ts';
import { noTerminal, onTerminal, type Typing } from '../support/terminal/terminal.ts';
import { assertGolden, type Masks, masked } from '../support/terminal/transcript.ts';
import { CLI, type Computer, type LocalStatus, PASSWORD, withCloudProcess } from './harness.ts';

/*
 * The output of every command, as golden files. `UPDATE_SCREENS=1 npx tsx test/run.ts screens` updates them. A command runs
 * on a terminal of 80 columns, or followed by `| cat`: then standard error is shown below standard output. `wide.txt` has
 * commands that change nothing on a terminal of 120 columns.
 */

const LOCALE = { LC_ALL: 'C.UTF-8', TERM: 'xterm' };
const MIB = 1024 ** 2;

interface Run {
  /** Words that contain no spaces. */
  readonly command: string;
  readonly answers?: Typing;
  readonly input?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Default: 80. */
  readonly columns?: number;
}

const folder = join(import.meta.dirname, 'screens');

/** Returns what replaces variable text. In lines with columns, the replacement has the same length. */
function masksFor({ home }: Computer, { dataDir }: LocalStatus): Masks {
  return [
    [dataDir, '<data>'],
    [/\/[^ ]*\/edge-upload-demo-\w{6}/g, '<demo>'],
    [home, '<home>'],
    // A longer path is on a separate line.
    [/^( *[\w, ]+?)(?: {2,}|\n {4})(?=<(?:home|data)>)/gm, '$1  '],
    [/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/g, '2026-01-31 12:00:00'],
    [/\d{4}-\d\d-\d\d \d\d:\d\d/g, '2026-01-31 12:00'],
    [/\d{4}-\d\d-\d\d/g, '2026-01-31'],
    [/127\.0\.0\.1([:_])\d{4,5}/g, '127.0.0.1$1<port>'],
    [/(?<=edge-upload-\w+-)[a-z\d]{12}(?![a-z\d])/g, '<id>'],
    [/us-east-1_\w{9}/g, 'us-east-1_<id>'],
    [/\b[a-z\d]{26}\b/g, '<client-id>'],
    [/\b[\da-f]{8}-[\da-f]{4}-[\da-f-]{22}\b/g, '<uuid>'],
    [/\bAKI[A-Z\d]{17}\b/g, '<access-key-id>'],
    [/(?<=SECRET_ACCESS_KEY=')[^']+/g, '<secret>'],
    [/(?<=temporary password +)\S{24}/g, '<temporary password>'],
    [/(?<=process +)\d+/g, '<pid>'],
    [/(?<=functions {3})\S.*/g, '<isolation>'],
    [/(?<=authority\s+)[\da-f]{8}/g, '<id>'],
    [/[\d,]{5,} bytes/g, '<n> bytes'],
    [/\b[\da-f]{12}\.[\da-f]{16}\b/g, '<hash>'],
    [/\beyJ[\w.-]+/g, '<token>'],
    // A longer time is wrapped to the next line.
    [/\n {2,}(?=(?:\d+m \d\ds|\d+(?:\.\d)? m?s)$)/gm, '  '],
    [/(?<=valid for +)\d+h \d\dm/g, '<time>'],
    [/\b\d+m \d\ds|\b\d+(?:\.\d)? m?s\b/g, '<time>'],
    [/\b[\d.]+ [KM]?i?B\/s/g, '<rate>'],
    [/(?<= 401 .*)[\w-]{12}$/gm, '<request-id>'],
    [/^[\da-f]{8}(?= {2})/gm, '<id>    '],
    [/(?<!\w)[\da-f]{12,}(?!\w)/g, '<id>'],
  ];
}

/** Runs the commands that `work` shows, and returns the transcripts by name. */
async function transcriptsOf(
  work: (show: (name: string, ...runs: Run[]) => Promise<void>, computer: Computer) => Promise<void>,
): Promise<ReadonlyMap<string, string>> {
  const transcripts = new Map<string, string>();
  await withCloudProcess(async (computer, cloud) => {
    const masks = masksFor(computer, cloud);
    const terminal = async ({ command, answers = [], env, columns = 80 }: Run) => {
      const argv = [process.execPath, CLI, ...command.split(' ')];
      const ran = await onTerminal({
        argv,
        answers,
        columns,
        cwd: computer.home,
        env: { ...computer.env, ...env },
      });
      return { ...ran, lines: screenLines(ran.shown) };
    };
    const pipe = async ({ command, input, env }: Run) => {
      const ran = await computer.run(command.split(' '), {
        ...(input !== undefined && { input }),
        ...(env && { env }),
      });
      // A step that takes longer is also named when it starts.
      const steps = ran.stderr.replace(/^.*…\n/gm, '').trimEnd();
      const errors = steps === '' ? [] : ['-- stderr --', steps];
      return { code: ran.code, lines: [...(ran.stdout === '' ? [] : [ran.stdout.trimEnd()]), ...errors] };
    };
    await work(async (name, ...runs) => {
      const shown: string[] = [];
      for (const run of runs) {
        const isPiped = / \| cat$/.test(run.command);
        const command = run.command.replace(/ \| cat$/, '');
        const { code, lines } = await (isPiped ? pipe : terminal)({ ...run, command });
        const ended = code === 0 ? [] : [`-- exit ${code} --`];
        shown.push([`$ edge-upload ${run.command}`, ...lines, ...ended, ''].join('\n'));
      }
      transcripts.set(name, masked(shown.join('\n'), masks));
    }, computer);
  }, LOCALE);
  return transcripts;
}

const both = (command: string): Run[] => [{ command }, { command: `${command} | cat` }];
const each = (...commands: string[]): Run[] => commands.map((command) => ({ command }));
const wide = (...commands: string[]): Run[] => commands.map((command) => ({ command, columns: 120 }));

test('the screens of all commands equal their golden files', { skip: noTerminal }, async (t) => {
  const transcripts = await transcriptsOf(async (show, { home }) => {
    writeFileSync(join(home, 'image.jpg'), Buffer.alloc(126 * 1024));
    writeFileSync(join(home, 'big.bin'), Buffer.alloc(24 * MIB));
    mkdirSync(join(home, 'photos', '2026'), { recursive: true });
    for (const name of ['b.jpg', 'a.jpg', '2026/x.jpg']) writeFileSync(join(home, 'photos', name), name);

    const users = () =>
      show(
        'user',
        ...each('user add bob --email bob@example.com', 'user list | cat', 'user show bob'),
        ...each('user groups bob --add writers', 'user groups bob --add writers --create', 'user groups'),
        ...each('user disable bob', 'user list', 'user enable bob', 'user reset bob'),
        { command: 'user remove bob', answers: [['(y/N)', 'n']] },
        ...each('user remove bob --yes', 'user show bob'),
      );
    const uploads = async () => {
      await show(
        'put',
        ...both('put image.jpg'),
        ...both('put -r photos missing.jpg --concurrency 1'),
        ...each('put -r photos --dry-run', 'put image.jpg --no-clobber', 'put photos', 'put missing.jpg'),
        { command: 'put - --as notes.txt | cat', input: 'notes\n' },
      );
      await show(
        'uploads',
        {
          command: 'put big.bin --limit-rate 500K --part-size 8M --concurrency 1',
          answers: [['1%', { send: '\u0003' }]],
        },
        ...both('uploads list'),
        ...each('uploads abort', 'uploads abort --all', 'uploads list'),
      );
      await show('ls', ...both('ls'), ...each('ls photos/'));
      await show('get', ...each('get photos/a.jpg', 'get photos/a.jpg', 'get nothing'));
    };
    const story = async () => {
      await show(
        'deploy',
        ...each('deploy --local', 'deploy --local | cat', 'deploy --local --max-size 5G --dry-run'),
        ...each('deploy', 'deploy --local --domain x'),
      );
      await show('status', ...both('status'));
      await show(
        'login',
        { command: 'put image.jpg' },
        {
          command: 'login --create --email ada@example.com',
          answers: [
            ['New password', PASSWORD],
            ['again', PASSWORD],
          ],
        },
        ...each('whoami', 'token | cat'),
        { command: 'login --username ada@example.com', answers: [['Password', 'wrong']] },
        {
          command: 'password change --password-stdin --new-password-stdin | cat',
          input: `${PASSWORD}\nAnother-horse-42!\n`,
        },
      );
      await Promise.all([users(), uploads()]);
      await show('logs', ...both('logs'));
      await show('doctor', ...both('doctor'));
      await show('wide', ...wide('doctor', 'status --verbose', 'whoami', 'logs', 'put missing.jpg'));
      await show(
        'deployments',
        ...both('deployments list'),
        ...each('deployments use edge-upload', 'deployments use nothing'),
      );
      await show('logout', ...each('logout', 'logout', 'whoami', 'deployments list'));
      await show(
        'destroy',
        { command: 'destroy', answers: [["stack's name", 'no']] },
        ...each('destroy --yes', 'status'),
      );
      await show(
        'local',
        ...each('local status', 'local env | cat', 'local stop', 'local status', 'local start'),
        ...each('local reset --yes', 'local env'),
      );
    };
    const errors = () =>
      show(
        'errors',
        ...each('depoly', 'put --colour', 'put', 'put a b --as c', 'login http://example.com'),
        ...each('user show', 'local start --port x', 'put x --metadata constructor'),
      );
    await Promise.all([story(), show('demo', { command: 'demo' }).then(errors)]);
  });
  for (const [name, transcript] of transcripts) {
    await t.test(name, () => assertGolden(join(folder, `${name}.txt`), transcript));
  }
});
