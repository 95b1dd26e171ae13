import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { PRESETS, redirectAddresses } from '../../../cli/trust/presets.ts';
import { typed } from '../../support/typed.ts';

const PAGE = join(import.meta.dirname, '../../../docs/identity-providers.md');

/** Returns the arguments of a line as a shell reads them: single quotation marks, `<` and `>`. */
function wordsOf(line: string): string[] {
  const [command = ''] = line.split(/ [<>] /);
  return [...command.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '').slice(1);
}

test('the page about providers has only valid commands', async (t) => {
  const home = await mkdtemp(join(tmpdir(), 'edge-upload-docs-'));
  t.after(() => rm(home, { recursive: true, force: true }));
  await writeFile(join(home, 'trust.yaml'), 'issuers: []');
  const lines = (await readFile(PAGE, 'utf8')).split('\n').filter((line) => line.startsWith('edge-upload '));
  assert.ok(lines.length > 12);
  for (const line of lines) {
    const { code, stdout } = await typed([...wordsOf(line), '--json'], { home, input: 'a token' });
    // Every argument is valid; the command fails only because nothing is deployed.
    assert.equal(code, 2, line);
    assert.match(stdout, /"code":"no_deployment"/, line);
  }
});

test('the page lists the redirect addresses of providers that ignore ports', async () => {
  const page = await readFile(PAGE, 'utf8');
  for (const name of ['entra', 'keycloak'] as const) {
    const [address = ''] = redirectAddresses(PRESETS[name]);
    assert.ok(page.includes(`| \`${address}\` |`), name);
  }
});
