import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises';
import { getHeapSpaceStatistics } from 'node:v8';
import { Script } from 'node:vm';
import { boundYoungObjects } from '../../bin/young-objects.ts';

/* Reports how V8's space for young objects grows while half of the allocated objects stay alive for a while. */

const MIB = 1024 * 1024;
const SOURCE = 'function answer() { return 42; } answer();';

boundYoungObjects();
const cachedData = new Script(SOURCE).createCachedData();
const isRefused = () => new Script(SOURCE, { cachedData }).cachedDataRejected;

function size(): number {
  const young = getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space');
  return (young?.space_size ?? 0) / MIB;
}

let alive: object[] = [];
async function allocate(): Promise<void> {
  for (let at = 0; at < 20_000; at += 1) alive.push({ at, text: `text ${at}` });
  if (alive.length > 40_000) alive = alive.slice(20_000);
  await nextTurn();
}

while (size() < 4) await allocate();
// Timers fire in order: the space has been checked before this timer fires.
await delay(200);
const bound = size();
let most = bound;
for (let turn = 0; turn < 150; turn += 1) {
  await allocate();
  most = Math.max(most, size());
}
process.once('exit', () => {
  process.stdout.write(JSON.stringify({ bound, most, isRefusedAtExit: isRefused() }));
});
