import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { build } from 'esbuild';
import { StackStore } from '../../../local/cloudformation/stack/store.ts';
import type { Faults } from '../../../local/faults.ts';
import type { JsonObject } from '../../../local/json.ts';
import { cloudIn, type KillPlan, send } from './doomed.ts';
import { ref, template, thing } from './fixture.ts';

/** Number of kills in each scenario. Killing at every step would take a minute. */
const KILLS = 4;

const home = mkdtempSync(join(tmpdir(), 'doomed-'));
const script = join(home, 'doomed.mjs');
before(async () => {
  await build({
    entryPoints: ['test/local/cloudformation/doomed.ts'],
    outfile: script,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    // Bundled CommonJS packages call it.
    banner: {
      js: `import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);`,
    },
  });
});
after(() => rmSync(home, { recursive: true, force: true }));

/** Runs a process until it finishes or kills itself. @returns the number of its steps, if it finished */
function run(doom: KillPlan): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [script, JSON.stringify(doom)], (error, stdout, stderr) => {
      if (error === null) resolve(Number(stdout));
      else if (error.signal === 'SIGKILL') resolve(undefined);
      else reject(new Error(stderr));
    });
  });
}

/** Returns the records and the existing resources after a new process has resumed the operation. */
async function outcome(folder: string, faults: Faults) {
  const { cloud, service } = cloudIn(folder, faults);
  await service.resume();
  await service.idle();
  const [stack] = new StackStore(join(folder, 'stacks')).all();
  const records = Object.values(stack?.resources ?? {});
  const recorded = records.filter(({ status }) => !/^DELETE_(COMPLETE|SKIPPED)$/.test(status));
  return {
    status: stack?.status,
    superseded: stack?.superseded,
    recorded: recorded.map(({ physicalId }) => physicalId).sort(),
    there: cloud.things.map(({ physicalId }) => physicalId).sort(),
    colours: cloud.named('A').map(({ properties }) => properties.Colour),
  };
}

interface Story {
  readonly from?: JsonObject;
  readonly query: Readonly<Record<string, string>>;
  readonly faults?: Faults;
  /** Possible results: the first if the request was recorded, the second if it was lost. */
  readonly ends: readonly (string | undefined)[];
  readonly colours: readonly string[];
}

const body = (colour: string, name: string, more: JsonObject = {}) =>
  template({
    A: thing({ Colour: colour }),
    B: thing({ Name: name, Of: ref('A') }),
    C: thing({ Of: ref('B') }),
    ...more,
  });

const of = (Action: string, TemplateBody?: JsonObject) => ({
  Action,
  StackName: 'one',
  ...(TemplateBody === undefined ? {} : { TemplateBody: JSON.stringify(TemplateBody) }),
});

const stories: Record<string, Story> = {
  'a creation': {
    query: of('CreateStack', body('red', 'x')),
    ends: ['CREATE_COMPLETE', undefined],
    colours: ['red'],
  },
  'a creation that fails': {
    query: of('CreateStack', body('red', 'x', { Bad: thing({ Of: ref('B') }) })),
    faults: { failingResources: { Bad: 'no' } },
    ends: ['ROLLBACK_COMPLETE', undefined],
    colours: [],
  },
  'an update with a replacement and a removal': {
    from: body('red', 'x', { Gone: thing({ Of: ref('C') }) }),
    query: of('UpdateStack', body('blue', 'y', { New: thing() })),
    ends: ['UPDATE_COMPLETE', 'CREATE_COMPLETE'],
    colours: ['blue'],
  },
  'an update that fails': {
    from: body('red', 'x', { Stays: thing({ Of: ref('C') }) }),
    query: of('UpdateStack', body('blue', 'y', { Bad: thing({ Of: ref('C') }) })),
    faults: { failingResources: { Bad: 'no' } },
    ends: ['UPDATE_ROLLBACK_COMPLETE', 'CREATE_COMPLETE'],
    colours: ['red'],
  },
  'a deletion': {
    from: body('red', 'x'),
    query: of('DeleteStack'),
    ends: ['DELETE_COMPLETE', 'CREATE_COMPLETE'],
    colours: [],
  },
};

for (const [name, { from, query, faults = {}, ends, colours }] of Object.entries(stories)) {
  test(`${name}, killed at any step and again while resuming: ends without an orphan`, async () => {
    const root = mkdtempSync(join(home, 'story-'));
    const start = join(root, 'start');
    mkdirSync(start);
    if (from !== undefined) {
      const { service } = cloudIn(start, {});
      await send(service, of('CreateStack', from));
      await service.idle();
    }
    const copy = (to: string) => {
      const folder = join(root, to);
      cpSync(start, folder, { recursive: true });
      return folder;
    };
    const steps = (await run({ folder: copy('whole'), query, faults })) ?? 0;
    assert.ok(steps >= 10, `${steps} steps`);
    for (let kill = 0; kill < KILLS; kill += 1) {
      const killAt = 1 + Math.floor(Math.random() * steps * 2) / 2;
      const again = 1 + Math.floor(Math.random() * 20) / 2;
      const where = `killed at step ${killAt} of ${steps}, then at ${again}`;
      const folder = copy(`kill-${kill}`);
      assert.equal(await run({ folder, query, faults, killAt }), undefined, where);
      await run({ folder, faults, killAt: again });
      const { status, superseded, recorded, there, colours: painted } = await outcome(folder, faults);
      assert.ok(ends.includes(status), `${status}, ${where}`);
      assert.deepEqual(there, recorded, where);
      assert.deepEqual(superseded ?? [], [], where);
      if (status === ends[0]) assert.deepEqual(painted, colours, where);
    }
  });
}
