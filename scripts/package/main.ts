import { createHash } from 'node:crypto';
import { chmod, copyFile, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { thirdPartyNotices } from '../notices.ts';
import { writeArchive } from './archive.ts';
import { buildExecutable } from './executable.ts';
import { licenceOf, nodeRuntime, stripped } from './node-runtime.ts';
import { folderName, HOST, PLATFORMS, platformOf } from './platforms.ts';
import { buildProgram } from './program.ts';
import { runTool } from './run-tool.ts';

/*
 * Builds the standalone program: `npm run package [-- platform …]`, into dist.standalone/. Default: every platform that
 * this computer can build for. Programs for macOS are signed, which requires a Mac.
 */

const OUTPUT = resolve('dist.standalone');
const DOWNLOADS = join(OUTPUT, 'node');
const MAX_ARCHIVE_BYTES = 45_000_000;

const isMac = process.platform === 'darwin';
const named = process.argv.slice(2);
const wanted = named.length > 0 ? named : Object.keys(PLATFORMS).filter((name) => isForMac(name) === isMac);
for (const name of wanted) {
  platformOf(name);
  if (isForMac(name) && !isMac) throw new Error(`${name} can only be signed on a Mac.`);
}

function isForMac(name: string): boolean {
  return name.startsWith('darwin-');
}

/** Builds the program of one platform and its archive. Returns the archive's line in SHA256SUMS. */
async function buildFor(name: string): Promise<string> {
  const { program, archive } = platformOf(name);
  const folder = join(OUTPUT, folderName(version, name));
  await mkdir(folder);
  const node = name === HOST ? host : await nodeRuntime(name, DOWNLOADS);
  const base = `${node}.stripped`;
  await stripped(name, node, base);
  await chmod(base, 0o755);
  const output = join(folder, program);
  await buildExecutable({ main, node: base, builder: name === HOST ? base : host, output });
  // macOS kills an unsigned program at its start. This signature names nobody.
  if (isForMac(name)) await runTool('codesign', ['--sign', '-', output]);
  await copyFile('LICENSE', join(folder, 'LICENSE'));
  await copyFile(licenceOf(host), join(folder, 'LICENSE-NODE'));
  await writeFile(
    join(folder, 'THIRD-PARTY-NOTICES.txt'),
    await thirdPartyNotices([metafile], ['node_modules/@bomb.sh/tab']),
  );
  const file = `${folderName(version, name)}.${archive}`;
  const files = [program, 'LICENSE', 'LICENSE-NODE', 'THIRD-PARTY-NOTICES.txt'];
  await writeArchive({ folder, files, program, output: join(OUTPUT, file) });
  const { size } = await stat(join(OUTPUT, file));
  if (size > MAX_ARCHIVE_BYTES)
    throw new Error(`${file} has ${size} bytes; the limit is ${MAX_ARCHIVE_BYTES}.`);
  process.stdout.write(`${file}  ${size} bytes\n`);
  const digest = createHash('sha256').update(await readFile(join(OUTPUT, file)));
  return `${digest.digest('hex')}  ${file}\n`;
}

await rm(OUTPUT, { recursive: true, force: true });
await mkdir(OUTPUT);
const { version } = JSON.parse(await readFile('package.json', 'utf8')) as { version: string };
const main = join(OUTPUT, 'uploader.cjs');
const metafile = await buildProgram(main);
// Only a Node of the same version can put the program into another. Its licence is used for all, because the package
// for Windows has none.
const host = await nodeRuntime(HOST, DOWNLOADS);
const sums: string[] = [];
for (const name of wanted) sums.push(await buildFor(name));
await writeFile(join(OUTPUT, 'SHA256SUMS'), sums.join(''));
await rm(DOWNLOADS, { recursive: true });
await rm(main);
