import { mkdir, writeFile } from 'node:fs/promises';
import { Writable } from 'node:stream';
import type { Command as Commander, Option } from 'commander';
import { COMMAND_GROUPS } from '../cli/declare/command-groups.ts';
import { EXIT } from '../cli/errors.ts';
import { packageVersion } from '../cli/package-root.ts';
import { commandsFor, program } from '../cli/program.ts';
import { EXIT_MEANINGS } from './docs/error-tables.ts';

/** Escapes text for roff. */
function roff(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(/^(?=[.'])/gm, '\\&');
}

const section = (name: string, lines: readonly string[]) =>
  lines.length === 0 ? [] : [`.SH ${roff(name)}`, ...lines];

/** Returns one argument of a macro. */
const quoted = (text: string) => `"${roff(text).replaceAll('"', '\\(dq')}"`;

const labelled = (label: string, text: string) => ['.TP', `.B ${quoted(label)}`, roff(text)];

function optionLines(options: readonly Option[]): string[] {
  return options.flatMap(({ flags, description, argChoices }) =>
    labelled(flags, argChoices === undefined ? description : `${description}: ${argChoices.join(', ')}`),
  );
}

/** Returns the options of a command under their headings, in the order of its help. */
function optionSections(command: Commander, heading: (name: string) => string): string[] {
  const groups = new Map<string, Option[]>();
  for (const option of command.createHelp().visibleOptions(command)) {
    const name = (option.helpGroupHeading ?? 'Options:').replace(/:$/, '');
    groups.set(name, [...(groups.get(name) ?? []), option]);
  }
  return [...groups].flatMap(([name, options]) => [heading(name), ...optionLines(options)]);
}

function nameOf(command: Commander): string {
  return command.parent ? `${nameOf(command.parent)} ${command.name()}` : command.name();
}

const pageName = (command: Commander) => nameOf(command).replaceAll(' ', '-');

function synopsis(command: Commander): string[] {
  return [`.B ${quoted(nameOf(command))}`, roff(command.usage())];
}

function innerCommands(command: Commander): readonly Commander[] {
  return command
    .createHelp()
    .visibleCommands(command)
    .filter((one) => one.name() !== 'help');
}

interface Tree {
  readonly root: Commander;
  /** Returns the lines below `Examples:` in the help of a command. */
  readonly examplesOf: (command: Commander) => readonly string[];
}

function commandTree(): Tree {
  let shown = '';
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      shown += chunk.toString();
      done();
    },
  });
  const typed = program({ stdout: stream, stderr: stream }, () => {});
  for (const declare of commandsFor(COMMAND_GROUPS)) declare(typed, async () => {});
  // The typed package contains only types for this one.
  const root = typed as unknown as Commander;
  return {
    root,
    examplesOf(command) {
      shown = '';
      command.outputHelp();
      const [, examples = ''] = shown.split('\nExamples:\n');
      return examples.split('\n').flatMap((line) => (line.startsWith('  $ ') ? [line.slice(4)] : []));
    },
  };
}

function exampleLines(examples: readonly string[]): string[] {
  return examples.length === 0 ? [] : ['.EX', ...examples.map(roff), '.EE'];
}

/** Returns the pages of a command and its subcommands. */
function page(command: Commander, { root, examplesOf }: Tree, date: string): string {
  const inner = command === root ? [] : innerCommands(command);
  const listed = command === root ? innerCommands(root) : [];
  const others = command === root ? listed.map((one) => `${pageName(one)}(1)`) : ['edge-upload(1)'];
  const lines = [
    `.TH ${quoted(pageName(command).toUpperCase())} 1 "${date}" ${quoted(`edge-upload ${packageVersion()}`)} "User Commands"`,
    ...section('NAME', [`${roff(pageName(command))} \\- ${roff(command.description())}`]),
    ...section(
      'SYNOPSIS',
      inner.length === 0
        ? synopsis(command)
        : inner.flatMap((one, at) => [...(at === 0 ? [] : ['.br']), ...synopsis(one)]),
    ),
    ...section(
      'COMMANDS',
      listed.flatMap((one) => labelled(nameOf(one), one.description())),
    ),
    ...inner.flatMap((one) => [
      ...section(nameOf(one).toUpperCase(), [roff(`${one.description()}.`)]),
      ...optionSections(one, (name) => `.SS ${quoted(name)}`),
      ...(examplesOf(one).length === 0 ? [] : ['.SS Examples', ...exampleLines(examplesOf(one))]),
    ]),
    ...(inner.length === 0 ? optionSections(command, (name) => `.SH ${quoted(name.toUpperCase())}`) : []),
    ...section('EXAMPLES', exampleLines(inner.length === 0 ? examplesOf(command) : [])),
    ...section(
      'EXIT STATUS',
      command === root
        ? Object.entries(EXIT).flatMap(([name, code]) =>
            labelled(String(code), EXIT_MEANINGS[name as keyof typeof EXIT]),
          )
        : [],
    ),
    ...section('SEE ALSO', [roff(others.join(',\n'))]),
  ];
  return `${lines.join('\n')}\n`;
}

/**
 * Writes a manual page for the program and for each command.
 * @param epoch Date of the pages, in seconds since 1970.
 */
export async function writeManPages(folder: string, epoch: number): Promise<void> {
  const tree = commandTree();
  const date = new Date(epoch * 1000).toISOString().slice(0, 10);
  await mkdir(folder, { recursive: true });
  for (const command of [tree.root, ...innerCommands(tree.root)]) {
    await writeFile(`${folder}/${pageName(command)}.1`, page(command, tree, date));
  }
}
