import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, readdir, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { CLI, cleanEnv } from '../../e2e/harness.ts';
import { missing } from '../../support/programs.ts';
import { noTerminal, onTerminal, type Typing } from '../../support/terminal/terminal.ts';
import { ID, KEY, ODD_NAME, seedHome } from './home.ts';

let home: string;
let env: NodeJS.ProcessEnv;

before(async () => {
  home = await realpath(await mkdtemp(join(tmpdir(), 'edge-upload-completions-')));
  await seedHome(home);
  await mkdir(join(home, 'bin'));
  // Completes like the real program. Every other command prints its arguments.
  const program = join(home, 'bin/edge-upload');
  await writeFile(
    program,
    `#!/bin/sh
case $1 in complete | completion) exec '${process.execPath}' '${CLI}' "$@" ;; esac
printf 'WORDS'
printf '[%s]' "$@"
printf 'END\\n'
`,
  );
  await chmod(program, 0o755);
  env = cleanEnv(home, { PATH: `${join(home, 'bin')}:${process.env.PATH}`, TERM: 'xterm' });
});
after(() => rm(home, { recursive: true, force: true }));

/** What is typed before TAB, and the words of the command line afterwards. */
const CASES: readonly (readonly [typed: string, ...words: string[]])[] = [
  ['uplo', 'uploads'],
  ['uploads ab', 'uploads', 'abort'],
  [`uploads abort ${ID.slice(0, 2)}`, 'uploads', 'abort', ID],
  ['put x --no-cl', 'put', 'x', '--no-clobber'],
  ['put my', 'put', 'my photo.jpg'],
  ['put x --checksum crc6', 'put', 'x', '--checksum', 'crc64nvme'],
  ['put x --stack-name=edge', 'put', 'x', '--stack-name=edge-upload'],
  ['token --stack-name td', 'token', '--stack-name', ODD_NAME],
  ['put x --as 2026', 'put', 'x', '--as', KEY],
  ['deploy --idp-cl', 'deploy', '--idp-client-id'],
  ['deploy --mfa req', 'deploy', '--mfa', 'required'],
  ['deploy --unset page-ti', 'deploy', '--unset', 'page-title'],
  ['deploy --file my', 'deploy', '--file', 'my photo.jpg'],
  ['watch x --after mo', 'watch', 'x', '--after', 'move'],
  ['login --stack-name edge-upload --issuer co', 'login', '--stack-name', 'edge-upload', '--issuer', 'corp'],
  ['login https://d1', 'login', 'https://d111111abcdef8.cloudfront.net'],
];

const READY = 'completions are ready';

const SHELLS = [
  {
    shell: 'bash',
    argv: ['bash', '--noprofile', '--rcfile', 'start', '-i'],
    start: 'bind "set enable-bracketed-paste off"; eval "$(edge-upload completion bash)"',
    // TAB does not open the file of a redirection.
    more: [['token > precious --deb\t\u0015edge-upload "$(cat precious)"', 'content']],
  },
  {
    shell: 'zsh',
    argv: ['zsh', '-i'],
    start: 'autoload -U compinit; compinit -u -D; source <(edge-upload completion zsh)',
    more: [],
  },
  {
    shell: 'fish',
    argv: ['fish', '--no-config', '-i', '--init-command', 'source start'],
    start: 'set -g fish_autosuggestion_enabled 0; edge-upload completion fish | source',
    more: [],
  },
] as const;

for (const { shell, argv, start, more } of SHELLS) {
  test(`completes commands, flags, files and known values in ${shell}`, {
    skip: noTerminal || missing(shell),
  }, async () => {
    const cwd = join(home, shell);
    await mkdir(cwd);
    for (const name of ['start', '.zshrc']) await writeFile(join(cwd, name), `${start}; echo "${READY}"\n`);
    await writeFile(join(cwd, 'my photo.jpg'), '');
    await writeFile(join(cwd, 'precious'), 'content');
    const cases = [...CASES, ...more];
    const answers: Typing = [
      ...cases.map(([line], at) => [at === 0 ? READY : 'END', { send: `edge-upload ${line}\t\r` }] as const),
      ['END', 'exit'],
    ];
    const { shown } = await onTerminal({
      argv,
      env: { ...env, ZDOTDIR: cwd },
      cwd,
      answers,
      columns: 200,
    });
    const lines = [...shown.matchAll(/WORDS(.*?)END/gs)].map(([, words = '']) => words);
    assert.deepEqual(
      lines,
      cases.map(([, ...words]) => words.map((word) => `[${word}]`).join('')),
      shown,
    );
    assert.ok(!(await readdir(cwd)).includes('taken'), 'the shell ran a suggestion');
  });
}
