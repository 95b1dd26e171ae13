import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type CommandLine, command, evaluated, InUse } from '../../cli/command-line.ts';
import { changedCommand, sameCommand, sameCommandWithout } from '../../cli/same-command.ts';
import { textsBelow } from '../../scripts/texts.ts';
import { assertTyped, checkPrinted, commandNames, printedCommands } from '../support/printed-commands.ts';

const STUDIO = { stackName: 'studio', operated: true };
const text = (line: CommandLine, deployment = {}, argv: string[] = [], profile?: string) =>
  new InUse(deployment, argv, { profile }).text(line);

test('names the deployment, cloud and profile in use, each once', () => {
  const list = command`edge-upload link list`;
  assert.equal(text(list), 'edge-upload link list');
  assert.equal(text(list, STUDIO), 'edge-upload link list --stack-name studio');
  assert.equal(
    text(list, { ...STUDIO, local: true }, [], 'ada'),
    'edge-upload link list --local --stack-name studio',
  );
  assert.equal(
    text(list, STUDIO, [], 'ada b'),
    "edge-upload link list --stack-name studio --profile 'ada b'",
  );
  assert.equal(
    text(command`edge-upload deploy --stack-name <name> --bucket-name ${'b'}`, STUDIO),
    'edge-upload deploy --stack-name <name> --bucket-name b',
  );
  assert.equal(
    text(command`edge-upload policy --extras`, { ...STUDIO, local: true }),
    'edge-upload policy --extras --stack-name studio',
  );
});

test('names the profile or the embedded cloud in use in commands of the AWS CLI', () => {
  const enable = command`aws kms enable-key --key-id ${'k'}`;
  assert.equal(text(enable, STUDIO), 'aws kms enable-key --key-id k');
  assert.equal(text(enable, STUDIO, [], 'ada b'), "aws kms enable-key --key-id k --profile 'ada b'");
  assert.equal(
    text(command`aws cloudformation delete-stack --stack-name ${'edge-upload'}`, {}, [], 'ada'),
    'aws cloudformation delete-stack --stack-name edge-upload --profile ada',
  );
  assert.equal(text(command`aws sso login --profile p`, {}, [], 'ada'), 'aws sso login --profile p');
  assert.equal(text(command`aws configure list-profiles`, {}, [], 'ada'), 'aws configure list-profiles');
  const local = { ...STUDIO, local: true };
  assert.equal(text(enable, local, [], 'ada'), `eval "$(edge-upload local env)" && ${text(enable)}`);
  assert.equal(
    new InUse(local, [], { platform: 'win32' }).text(enable),
    `edge-upload local env | Out-String | Invoke-Expression; ${text(enable)}`,
  );
  const ofAws = command`aws iam list-roles --profile p`;
  assert.equal(text(ofAws, local), text(ofAws));
  assert.equal(text(command`unset AWS_PROFILE`, {}, [], 'ada'), 'unset AWS_PROFILE');
});

test('omits the only deployment of a computer, except where a stack is changed or deleted', () => {
  const only = { stackName: 'edge-upload', url: 'https://d111.example', local: true, isOnly: true };
  assert.equal(text(command`edge-upload put <file>`, only), 'edge-upload put <file>');
  assert.equal(text(command`edge-upload user list`, only, [], 'ada'), 'edge-upload user list');
  assert.equal(
    text(command`edge-upload user list`, { ...only, local: false }, [], 'ada'),
    'edge-upload user list --profile ada',
  );
  for (const name of ['deploy', 'destroy']) {
    assert.equal(
      text(command`edge-upload ${name} --yes`, only),
      `edge-upload ${name} --yes --local --stack-name edge-upload`,
    );
  }
});

test('names the edge to uploaders, and leaves out stacks that only operators know', () => {
  const known = { stackName: 'd111.example', url: 'https://d111.example', operated: false };
  const unknown = { url: 'https://d111.example', operated: false };
  assert.equal(
    text(command`edge-upload put <file>`, known),
    'edge-upload put <file> --stack-name d111.example',
  );
  assert.equal(
    text(command`edge-upload whoami`, unknown),
    'EDGE_UPLOAD_URL=https://d111.example edge-upload whoami',
  );
  assert.equal(
    text(command`edge-upload login`, unknown),
    'EDGE_UPLOAD_URL=https://d111.example edge-upload login',
  );
  assert.equal(
    text(command`edge-upload login ${'https://e.example'}`, known),
    'edge-upload login https://e.example',
  );
  assert.equal(text(command`edge-upload trust list`, known), 'edge-upload trust list --stack-name <name>');
  assert.equal(text(command`edge-upload doctor`, known), 'edge-upload doctor --stack-name d111.example');
  assert.equal(
    text(command`edge-upload local stop && edge-upload local start`, known),
    'edge-upload local stop && edge-upload local start',
  );
});

test('quotes values for a shell, and keeps values with a hyphen from being options', async () => {
  assert.equal(
    text(command`edge-upload user groups ${"-it's"} ${['--add', 'a b']}`, STUDIO),
    "edge-upload user groups --add 'a b' --stack-name studio -- '-it'\\''s'",
  );
  assert.equal(
    text(command`edge-upload put ${'-'} --as ${'-key'}`, STUDIO),
    'edge-upload put - --as -key --stack-name studio',
  );
  for (const name of ['-x', '--all', '~', '*', '$HOME', 'a\nb', '=ls', "it's", '#', 'a b']) {
    const line = text(command`edge-upload get ${name}`, STUDIO);
    const [printed] = printedCommands(`  ${line}`);
    assert.ok(printed !== undefined, line);
    await assertTyped(printed);
  }
});

test('repeats the command with its flags, and adds the deployment before the end', () => {
  const argv = ['destroy', '--keep-data', '--no-wait'];
  assert.equal(
    text(sameCommand`--yes`, STUDIO, argv),
    'edge-upload destroy --keep-data --no-wait --yes --stack-name studio',
  );
  assert.equal(
    text(sameCommand`--yes`, STUDIO, ['user', 'remove', '--stack-name=studio', '--', '-x']),
    'edge-upload user remove --stack-name=studio --yes -- -x',
  );
});

test('repeats a link as a placeholder: its address contains a token, which is not printed', () => {
  const address = 'https://d111.example/#eul_a.b.c';
  for (const [argv, printed] of [
    [['put', 'a', '--link', address], 'edge-upload put a --link <address> --prefix x/'],
    [['put', `--link=${address}`, 'a'], 'edge-upload put --link=<address> a --prefix x/'],
    [['put', '--', '--link', 'a'], 'edge-upload put --prefix x/ -- --link a'],
  ] as const) {
    assert.equal(text(changedCommand`--prefix ${'x/'}`, {}, [...argv]), printed);
  }
});

test('repeats the command of the run with other flags, or without one', () => {
  const argv = 'deploy --local --write-to a{username}/ --no-page --max-size=1G --yes'.split(' ');
  const again = (line: CommandLine) => text(line, {}, argv);
  assert.equal(
    again(changedCommand`--write-to ${'a/{username}/'}`),
    "edge-upload deploy --local --no-page --max-size=1G --yes --write-to 'a/{username}/'",
  );
  assert.equal(
    again(changedCommand`--max-size 2G --page`),
    "edge-upload deploy --local --write-to 'a{username}/' --yes --max-size 2G --page",
  );
  assert.equal(
    again(sameCommandWithout('--local')),
    "edge-upload deploy --write-to 'a{username}/' --no-page --max-size=1G --yes",
  );
  assert.equal(
    again(sameCommandWithout('--write-to', { hasValue: true })),
    'edge-upload deploy --local --no-page --max-size=1G --yes',
  );
});

test('replaces a value by one that begins with a hyphen, in a command that the program takes', async () => {
  for (const [typed, value, printed] of [
    ['put a.txt --as ./-x', '-x', 'edge-upload put a.txt --as=-x'],
    ['put a.txt --as=./--all --no-clobber', '--all', 'edge-upload put a.txt --no-clobber --as=--all'],
    ['put a.txt --as .//--', '--', 'edge-upload put a.txt --as=--'],
  ] as const) {
    const line = text(changedCommand`--as ${value}`, {}, typed.split(' '));
    assert.equal(line, printed);
    const [pasted] = printedCommands(`  ${line}`);
    assert.ok(pasted !== undefined, line);
    await assertTyped(pasted);
  }
});

test('sets variables as PowerShell does on Windows', () => {
  const onWindows = (line: CommandLine, deployment = {}) =>
    new InUse(deployment, [], { platform: 'win32' }).text(line);
  const unknown = { url: 'https://d111.example', operated: false };
  assert.equal(
    onWindows(command`edge-upload whoami`, unknown),
    "$env:EDGE_UPLOAD_URL = 'https://d111.example'; edge-upload whoami",
  );
  assert.equal(onWindows(command`edge-upload status`), 'edge-upload status');
  assert.equal(onWindows(command`export CA=<file>`), "$env:CA = '<file>'");
  assert.equal(onWindows(command`export CA=${'a b'}`), "$env:CA = 'a b'");
  assert.equal(onWindows(command`unset CA`), 'Remove-Item Env:CA');
  assert.equal(text(command`export CA=${'a b'}`), "export CA='a b'");
});

test('quotes arguments as PowerShell does on Windows', () => {
  const onWindows = (line: CommandLine, argv: readonly string[] = []) =>
    new InUse({}, argv, { platform: 'win32' }).text(line);
  const same = (...argv: string[]) => onWindows(sameCommand`--yes`, argv);
  assert.equal(same('put', 'C:\\photos\\a.jpg'), 'edge-upload put C:\\photos\\a.jpg --yes');
  assert.equal(same('put', 'C:\\my photos\\ü.jpg'), 'edge-upload put "C:\\my photos\\ü.jpg" --yes');
  assert.equal(same('put', "it's", '50 %'), `edge-upload put "it's" '50 %' --yes`);
  assert.equal(same('put', 'a,b.jpg', '@list'), 'edge-upload put "a,b.jpg" "@list" --yes');
  // cmd has double quotes alone. Where PowerShell would replace something in them, its own quotes are used.
  assert.equal(
    same('put', '$a b', '`b', 'a"b', 'C:\\a b\\'),
    `edge-upload put '$a b' '\`b' 'a"b' 'C:\\a b\\' --yes`,
  );
  assert.equal(
    same('put', 'export', '--metadata', 'OWNER=ada', 'A=1'),
    'edge-upload put export --metadata OWNER=ada A=1 --yes',
  );
  assert.equal(onWindows(command`export CA=${'C:\\a b\\it’s.pem'}`), "$env:CA = 'C:\\a b\\it’’s.pem'");
  // Commands of other programs, too.
  const mv = command`mv ${'C:\\it’s here\\a'} ${'b c'}`;
  assert.equal(onWindows(mv), 'mv "C:\\it’s here\\a" "b c"');
  assert.equal(text(command`mv ${"it's"} ${'b c'}`), "mv 'it'\\''s' 'b c'");
  const env = evaluated(
    command`aws env ${'a b'} --format env`,
    command`aws env ${'a b'} --format powershell`,
  );
  assert.equal(text(env), `eval "$(aws env 'a b' --format env)"`);
  assert.equal(onWindows(env), 'aws env "a b" --format powershell | Out-String | Invoke-Expression');
  assert.equal(
    onWindows(command`echo x | edge-upload put - --as ${'a b'}`),
    'echo x | edge-upload put - --as "a b"',
  );
});

/** Commands of other programs, and of the shell. */
const OTHERS = /^ {2}(?:aws|chmod|curl|echo|export|gh|ls|mkdir|mv|npm|openssl|rm|unset) /;

test('every command in the sources is valid', async () => {
  const all = [...textsBelow('cli/')].flatMap(([file, texts]) =>
    texts
      .filter(({ isCommand }) => isCommand)
      .map(({ line, text }) => ({ where: `${file}:${line} ${text}`, text })),
  );
  assert.ok(all.length > 150, `${all.length} commands`);
  for (const { where, text } of all) {
    if (OTHERS.test(text)) continue;
    const [printed] = printedCommands(text.replace(/^ {2}npx /, '  '));
    assert.ok(printed !== undefined, where);
    await assertTyped({ ...printed, line: where });
  }
});

/** Files of a user's, results for another computer, and what the demo shows. */
const PLAIN =
  /^cli\/(?:declare\/|completions\/|commands\/demo\.ts|commands\/(?:key|link)\/create\.ts|commands\/user\/invitation\.ts|commands\/local\.ts|links\/describe-token\.ts|stack\/deployment-file\.ts|trust\/trust-(?:document|file)\.ts|stack\/operate\/(?:change-set|kept|keep-bucket)\.ts)/;

const COMMAND = new RegExp(`\\bedge-upload (?:${commandNames().join('|')})\\b`);

test('every text with a command can be completed with the deployment, and quoted for the shell', () => {
  const found = [...textsBelow('cli/')].flatMap(([file, texts]) =>
    PLAIN.test(file)
      ? []
      : texts.flatMap(({ line, text: one, isCommand }) =>
          !isCommand && (COMMAND.test(one) || (OTHERS.test(one) && one.includes('‹')))
            ? [`${file}:${line} ${one}`]
            : [],
        ),
  );
  assert.deepEqual(found, []);
});

test('finds hints with an unknown flag, a missing stack or a missing profile', async () => {
  await assert.rejects(checkPrinted(['status'], '  edge-upload status --verbos'), /cannot be typed/);
  await assert.rejects(checkPrinted(['status'], '  edge-upload staus'), /cannot be typed/);
  await assert.rejects(
    checkPrinted(['status', '--stack-name', 'a'], '  edge-upload destroy'),
    /another stack/,
  );
  await assert.rejects(
    checkPrinted(['status', '--profile', 'p'], '  edge-upload destroy --stack-name a'),
    /another profile/,
  );
});
