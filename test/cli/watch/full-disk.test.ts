import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { CLI, cleanEnv } from '../../e2e/harness.ts';
import { missing, runProgram } from '../../support/programs.ts';
import { ownEdge, ownFolder } from '../transfer/helpers/uploading.ts';
import { until } from './until.ts';

/** Maximum size of a file in blocks of 1,024 bytes: enough for a few lines of a ledger. */
const BLOCKS = 2;
const FILES = 30;

test('writes to the ledger later what a full disk has refused', {
  skip: missing('prlimit'),
}, async (t) => {
  const [home, edge] = [await ownFolder(t), await ownEdge(t)];
  await mkdir(join(home, 'in'));
  const env = cleanEnv(home, { EDGE_UPLOAD_URL: edge.url, EDGE_UPLOAD_TOKEN: 'aaaa.good.cccc' });
  const puts = () => edge.seen.filter(({ method }) => method === 'PUT').length;
  const start = (limit: string) => {
    const words = [CLI, 'watch', 'in', '--settle', '0.05', '--interval', '0.05'];
    const argv = ['-c', `ulimit -S -f ${limit}; exec "$@"`, 'bash', process.execPath, ...words];
    const child = spawn('bash', argv, { cwd: home, env, stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (chunk) => {
      said += chunk;
    });
    return {
      pid: `${child.pid}`,
      said: () => said,
      async stop() {
        child.kill('SIGTERM');
        await once(child, 'close');
        return said;
      },
    };
  };
  const limited = start(`${BLOCKS}`);
  for (let at = 0; at < FILES; at += 1) await writeFile(join(home, 'in', `${at}`), `${at}`);
  await until(() => edge.stored.size === FILES && limited.said().includes('cannot be recorded'));
  const lifted = await runProgram('prlimit', ['--pid', limited.pid, '--fsize=unlimited:unlimited']);
  assert.equal(lifted.code, 0, lifted.stderr);
  await writeFile(join(home, 'in/later'), 'later');
  await until(() => edge.stored.has('/later'));
  const warnings = (await limited.stop()).match(/stored files cannot be recorded/g);
  assert.equal(warnings?.length, 1);

  const again = start('unlimited');
  await writeFile(join(home, 'in/last'), 'last');
  await until(() => edge.stored.has('/last'));
  assert.doesNotMatch(await again.stop(), /warning/);
  assert.equal(puts(), FILES + 2, 'each file was sent once');
});
