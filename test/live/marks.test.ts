import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { POLICY_VERDICT } from '../../live/operator.ts';
import type { Verdict } from '../../live/probe.ts';
import { PROBES } from '../../live/probes/all.ts';
import { RESULTS, type Results } from '../../live/results.ts';
import { MARKED_PAGES, probesIn, resultsIn, withMarks } from '../../scripts/docs/live-marks.ts';

const NAMES = [...PROBES.map(({ name }) => name), POLICY_VERDICT];
const page = (path: string) => readFileSync(join(import.meta.dirname, '../..', path), 'utf8');

/** The mark of a claim without a probe, with the reason. */
const NO_PROBE = /\(no probe: [^()]{10,}\)/;

/** Words in rows whose source is not an AWS page. “Ours” marks what AWS does not document, such as the text of a refusal. */
const UNPROVEN =
  /inferred|not documented|(?:AWS|the page|page of AWS)(?: of AWS)? (?:does not|says neither|says nothing|leaves)/i;

const isMarked = (text: string) => probesIn(text).length > 0 || NO_PROBE.test(text);

test('marks the pages by the newest results', () => {
  const results = resultsIn(RESULTS);
  for (const path of MARKED_PAGES) {
    assert.equal(page(path), withMarks(page(path), results), `renew ${path} with: npm run docs:live`);
  }
});

test('each mark names a probe, and SECURITY.md names every probe', () => {
  for (const path of MARKED_PAGES) {
    for (const name of probesIn(page(path))) assert.ok(NAMES.includes(name), `${path}: ${name}`);
  }
  const named = probesIn(page('SECURITY.md'));
  assert.deepEqual(
    NAMES.filter((name) => !named.includes(name)),
    [],
  );
});

test('each claim that needs an account names its probe, or why there is none', () => {
  const [, section = ''] = page('SECURITY.md').split(/^## What only a live account can prove$/m);
  const claims = section.split(/^## /m)[0]?.split(/^- /m).slice(1) ?? [];
  assert.ok(claims.length > 20);
  for (const claim of claims) assert.ok(isMarked(claim), claim);
});

test('each fidelity row without an AWS page names its probe, or why there is none', () => {
  const rows = page('local/FIDELITY.md')
    .split('\n')
    .filter((line) => line.startsWith('| ') && UNPROVEN.test(line));
  assert.ok(rows.length > 10);
  for (const row of rows) assert.ok(isMarked(row), row);
});

const verdict = (name: string, is: Verdict['verdict']): Verdict => ({
  name,
  claim: '',
  expected: {},
  verdict: is,
});

test('takes a mark from the newest result that ran the probe', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'edge-upload-marks-'));
  t.after(() => rm(folder, { recursive: true }));
  const results: readonly Omit<Results, 'version'>[] = [
    { at: '2026-12-02T00:00:00.000Z', target: 'embedded', verdicts: [verdict('never', 'confirmed')] },
    {
      at: '2026-12-01T00:00:00.000Z',
      target: 'aws',
      verdicts: [verdict('later', 'confirmed'), verdict('once', 'not run')],
    },
    {
      at: '2026-11-30T00:00:00.000Z',
      target: 'aws',
      verdicts: [verdict('later', 'differs'), verdict('once', 'differs')],
    },
  ];
  // The time of the run decides, not the name of the file.
  for (const [at, one] of results.entries()) await writeFile(join(folder, `${at}.json`), JSON.stringify(one));
  await writeFile(join(folder, 'notes.txt'), 'no result');
  const stale = ['later', 'once', 'never', 'unknown'].map((name) => `(probe \`${name}\`: stale)`).join(' ');
  assert.equal(
    withMarks(stale, resultsIn(folder)),
    [
      '(probe `later`: shown on AWS on 2026-12-01)',
      '(probe `once`: AWS differed on 2026-11-30)',
      '(probe `never`: not yet run on AWS)',
      '(probe `unknown`: not yet run on AWS)',
    ].join(' '),
  );
  assert.equal(withMarks('(probe of a pool)', []), '(probe of a pool)');
});
