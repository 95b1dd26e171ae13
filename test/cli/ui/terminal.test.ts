import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import type { UiEvent } from '../../../cli/ui/events.ts';
import { painter } from '../../../cli/ui/shown.ts';
import { terminalRenderer } from '../../../cli/ui/terminal.ts';
import { Screen } from '../../support/streams.ts';

test('what a step has come to is beside it, and below it where the terminal would break it within a word', () => {
  const [task, detail] = ['Counting what the bucket holds', '2 objects, 5.72 MiB'];
  const whole = `✔ ${task}  ${detail}`;
  const events: UiEvent[] = [
    { type: 'task-done', task, detail },
    { type: 'task-done', task },
    { type: 'task-failed', task, detail },
  ];
  const split = { [whole.length]: '  ', [whole.length - 1]: '\n  ' };
  for (const [columns, between] of Object.entries(split)) {
    const stderr = Object.assign(new Screen(), { isTTY: true, columns: Number(columns) });
    const renderer = terminalRenderer({
      stdout: new Screen(),
      stderr,
      now: () => new Date(0),
      json: false,
      quiet: false,
      debug: false,
      paint: painter(true),
    });
    for (const event of events) renderer.event(event);
    renderer.close();
    assert.equal(
      stripVTControlCharacters(stderr.text),
      `✔ ${task}${between}${detail}\n✔ ${task}\n✖ ${task}${between}${detail}\n`,
    );
  }
});
