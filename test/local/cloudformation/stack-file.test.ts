import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { StackRecord } from '../../../local/cloudformation/stack/model.ts';
import { StackStore } from '../../../local/cloudformation/stack/store.ts';

const NAME = '5f0c9a3e-1d1c-4d6e-8d39-0d6f0f1f6d11';

/** Returns a stack with a template, the same in a change set, and the code of a function. */
function stackOf(template: string, code: string): StackRecord {
  const source = { template, parameters: {}, tags: {}, capabilities: [] };
  return {
    id: `arn:aws:cloudformation:us-east-1:000000000000:stack/site/${NAME}`,
    name: 'site',
    status: 'UPDATE_COMPLETE',
    created: '2026-01-01T00:00:00.000Z',
    terminationProtection: false,
    source,
    outputs: [],
    resources: {
      Function: {
        type: 'AWS::Lambda::Function',
        status: 'CREATE_COMPLETE',
        at: '2026-01-01T00:00:01.000Z',
        suffix: 'a1',
        attributes: {},
        properties: { Code: { ZipFile: code } },
        deletionPolicy: 'Delete',
        updateReplacePolicy: 'Delete',
        needs: [],
      },
    },
    superseded: [],
    changeSets: [
      {
        id: 'change',
        name: 'change',
        type: 'UPDATE',
        created: '2026-01-01T00:00:00.000Z',
        source,
        status: 'CREATE_COMPLETE',
        executionStatus: 'EXECUTE_COMPLETE',
        changes: [],
      },
    ],
    events: [],
  };
}

/** Gives `work` an empty folder, and deletes it afterwards. */
function inFolder(work: (folder: string) => void): void {
  const folder = mkdtempSync(join(tmpdir(), 'stack-file-'));
  try {
    work(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const texts = (folder: string): string[] =>
  readdirSync(join(folder, NAME)).map((file) => JSON.parse(readFileSync(join(folder, NAME, file), 'utf8')));

test('long texts of a stack are written once, and read with it', () => {
  inFolder((folder) => {
    const [template, code] = ['t'.repeat(9000), `'\ud800${'c'.repeat(9000)}`];
    const stack = stackOf(template, code);
    new StackStore(folder).put(stack);
    assert.deepEqual(texts(folder).toSorted(), [code, template].toSorted());
    assert.ok(readFileSync(join(folder, `${NAME}.json`)).length < 2000);
    assert.deepEqual(new StackStore(folder).all(), [stack]);
  });
});

test('texts that a stack no longer contains are deleted, also after a restart', () => {
  inFolder((folder) => {
    const [first, second, third] = ['1'.repeat(9000), '2'.repeat(9000), '3'.repeat(9000)];
    const store = new StackStore(folder);
    store.put(stackOf(first, second));
    store.put(stackOf(first, third));
    assert.deepEqual(texts(folder).toSorted(), [first, third]);
    const restarted = new StackStore(folder);
    restarted.put(stackOf(third, second));
    assert.deepEqual(texts(folder).toSorted(), [second, third]);
    assert.deepEqual(new StackStore(folder).all(), [stackOf(third, second)]);
  });
});

test('a text that looks like a reference to another is read as it was', () => {
  inFolder((folder) => {
    const stack = stackOf('text in file ../../other.json', 'text in file ');
    new StackStore(folder).put(stack);
    assert.deepEqual(new StackStore(folder).all(), [stack]);
  });
});

test('a stack whose text is missing is an error that names the file', () => {
  inFolder((folder) => {
    new StackStore(folder).put(stackOf('t'.repeat(9000), ''));
    rmSync(join(folder, NAME), { recursive: true });
    assert.throws(() => new StackStore(folder), new RegExp(`${NAME}/[0-9a-f]{64}.json is missing, to which`));
  });
});
