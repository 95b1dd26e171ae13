import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { compare, isWorse, report } from '../../bench/compare.ts';
import type { Goal, Reading, Result } from '../../bench/figures.ts';
import { plot } from '../../bench/plot.ts';
import { Ledger, readResults } from '../../bench/results.ts';
import { markdown } from '../../bench/table.ts';

const GOALS: readonly Goal[] = [
  { what: 'wall time ÷ curl', value: 0.5, unit: 'ratio', atMost: 1 },
  { what: 'memory <of the tab>', value: 3 * 1024 ** 2, unit: 'bytes', atLeast: 0, atMost: 1024 ** 2 },
];

function resultOf(ours: readonly Reading[], curl: readonly Reading[] = []): Result {
  return {
    date: '2026-11-29',
    machine: '2 × x',
    series: [
      { way: 'put', readings: ours },
      ...(curl.length > 0 ? [{ way: 'curl', peer: true as const, skips: 'skips TLS', readings: curl }] : []),
    ],
    goals: GOALS,
  };
}

const walls = (...values: readonly number[]): Reading[] => values.map((wall) => ({ wall }));

test('lists our way first, then each peer with its ratio and the bounds', () => {
  const ours = [
    { wall: 1, memory: 1024 ** 2 },
    { wall: 12, memory: 1024 ** 2 },
  ];
  const text = markdown(resultOf(ours, walls(2, 24)));
  assert.equal(
    text,
    [
      '|  | wall time | ours ÷ this | peak memory |',
      '| :-- | --: | --: | --: |',
      '| put | 6.50 s (1.00 s … 12.0 s) |  | 1 MiB (1 MiB … 1 MiB) |',
      '| curl (skips TLS) | 13.0 s (2.00 s … 24.0 s) | 0.50 |  |',
      '',
      '|  | median | target |  |',
      '| :-- | --: | --: | --: |',
      '| wall time ÷ curl | 0.50 | ≤ 1.00 | reached |',
      '| memory <of the tab> | 3 MiB | ≥ 0 MiB and ≤ 1 MiB | **not reached** |',
      '',
      '_2026-11-29; 2 × x_',
    ].join('\n'),
  );
});

test('plots each bounded value as a share of its bound, with escaped labels', () => {
  const svg = plot({ small: resultOf(walls(1)) });
  assert.match(svg, />small: wall time ÷ curl<[\s\S]*>0\.50</);
  assert.match(svg, />small: memory &lt;of the tab&gt;<[\s\S]*>3\.00</);
  assert.equal(svg.match(/<rect x=/g)?.length, 2);
});

for (const [name, before, after, isSlower] of [
  ['slower by more than the noise', resultOf(walls(1, 1.1, 1.2)), resultOf(walls(1.5, 1.6, 1.7)), true],
  ['slower, but within the noise', resultOf(walls(1, 1.3, 1.6)), resultOf(walls(1.1, 1.4, 1.7)), false],
  ['slower by 2 %', resultOf(walls(1, 1, 1)), resultOf(walls(1.02, 1.02, 1.02)), false],
  ['faster', resultOf(walls(2, 2, 2)), resultOf(walls(1, 1, 1)), false],
  [
    'on a slower machine',
    resultOf(walls(1, 1, 1), walls(2, 2, 2)),
    resultOf(walls(3, 3, 3), walls(6, 6, 6)),
    false,
  ],
  [
    'a slower row next to a faster peer',
    resultOf(walls(1, 1, 1), walls(2, 2, 2)),
    resultOf(walls(1, 1, 1), walls(1, 1, 1)),
    true,
  ],
  ['at a lower rate', resultOf([{ rate: 4 }, { rate: 4 }]), resultOf([{ rate: 2 }, { rate: 2 }]), true],
] as const) {
  test(`compare: ${name}`, () => {
    const comparison = compare({ small: before }, { small: after, new: after });
    assert.deepEqual(
      comparison.changes.map((change) => [change.measure, change.way, change.isSlower]),
      [['small', 'put', isSlower]],
    );
    assert.match(report(comparison), isSlower ? /^slower: small, put, / : /^Nothing is slower; 1 values/);
    assert.equal(isWorse(comparison), isSlower);
  });
}

test('compare: reports figures of another machine as not comparable', () => {
  const before = { small: resultOf(walls(1)), edge: resultOf(walls(1)) };
  const after = { small: resultOf(walls(1)), edge: { ...resultOf(walls(2)), machine: '4 × y' } };
  const comparison = compare(before, after);
  assert.equal(
    report(comparison),
    'Nothing is slower; 1 values were compared.\nnot compared: edge, measured on 2 × x, and now on 4 × y',
  );
  assert.equal(isWorse(comparison), true);
});

test('keeps results by day, and shows the newest of each measurement', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'edge-upload-bench-'));
  try {
    const note = join(folder, 'README.md');
    await writeFile(note, '# Bench\n\n<!-- a -->\n<!-- /a -->\n\nText.\n\n<!-- b -->\nold\n<!-- /b -->\n');
    const ledger = new Ledger(folder);
    await ledger.add({ a: { ...resultOf(walls(1.23456789)), date: '2026-11-28' } });
    await ledger.add({ b: resultOf(walls(2)) });
    await ledger.add({ a: resultOf(walls(3)) });
    const [first, last] = await Promise.all(
      ['2026-11-28', '2026-11-29'].map((day) => readResults(join(folder, 'results', `${day}.json`))),
    );
    assert.deepEqual(first?.a?.series[0]?.readings, [{ wall: 1.2346 }]);
    assert.deepEqual(Object.keys(last ?? {}).sort(), ['a', 'b']);
    const text = await readFile(note, 'utf8');
    assert.match(text, /<!-- a -->\n\|[\s\S]*\| put \| 3\.00 s \|[\s\S]*_\n<!-- \/a -->\n\nText\./);
    assert.match(text, /<!-- b -->\n\|[\s\S]*\| put \| 2\.00 s \|[\s\S]*_\n<!-- \/b -->\n$/);
    assert.match(await readFile(join(folder, 'results', 'bounds.svg'), 'utf8'), /^<svg /);
    await assert.rejects(ledger.add({ c: resultOf(walls(1)) }), /no marks for c/);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
