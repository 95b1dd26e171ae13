import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { isUserError } from '../../../cli/errors.ts';
import { rows, testContext } from '../../support/context.ts';
import { seeded } from '../../support/random.ts';
import { flippingProxy } from './helpers/flipping-proxy.ts';
import { ownEdge, ownFolder, upload } from './helpers/uploading.ts';

const PART = 5 * 1024 * 1024;

test('never reports a wrong object as stored if bits flip in transit', async (t) => {
  const home = await ownFolder(t);
  const edge = await ownEdge(t);
  const proxy = await flippingProxy(t, edge.url, { random: seeded(7), share: 0.3 });
  const sizes = [1, 1000, 100_000, 2_000_000, PART + 1, 3 * PART + 17];
  let reported = 0;
  let refused = 0;
  for (let round = 0; round < 8; round += 1) {
    for (const size of sizes) {
      const bytes = randomBytes(size);
      await writeFile(join(home, 'f'), bytes);
      const context = testContext({ cwd: home, home });
      edge.stored.clear();
      try {
        await upload(t, context, proxy.url, { files: ['f'] }, { partSize: PART, concurrency: 4 });
        assert.equal(rows(context.events)[0]?.bytes, size);
        assert.ok(edge.stored.get('/f')?.equals(bytes), `round ${round}, ${size} bytes`);
        reported += 1;
      } catch (error) {
        // Two flips one after another fail the upload, but never store a wrong object.
        assert.ok(isUserError(error), String(error));
        refused += 1;
      }
    }
  }
  assert.ok(proxy.flips() > 10, `${proxy.flips()} flips`);
  assert.ok(reported > refused, `${reported} stored, ${refused} given up`);
});
