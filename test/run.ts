import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join, relative } from 'node:path';
import { pid, platform } from 'node:process';
import { pathToFileURL } from 'node:url';
import { compileTests } from '../scripts/compile-tests.ts';
import { memoryFolder } from './support/run/memory-folder.ts';
import { NOT_ON_WINDOWS, PORTABLE, UNIT } from './support/run/selections.ts';
import { WORKERS } from './support/run/worker.ts';

/*
 * Runs the tests: `tsx test/run.ts [--unit | --portable | word …]`. Without a word, every `*.test.ts` below test/ except
 * those of test/scale and test/wine, which take minutes; with words, the files whose path contains one of them.
 */

// Turns off the SDK's warning about Node 20, which each test file would print.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';
process.env.NODE_OPTIONS = '--enable-source-maps';

// The `python3` of a version manager is a script that starts dozens of processes each time to find the real one.
const python = spawnSync('python3', ['-c', 'import sys; print(sys.executable)'], { encoding: 'utf8' });
const { PATH = '' } = process.env;
if (python.status === 0 && !PATH.split(delimiter).includes(dirname(python.stdout)))
  process.env.PATH = `${dirname(python.stdout)}${delimiter}${PATH}`;

const asked = process.argv.slice(2);
const selection = asked.includes('--unit') ? UNIT : asked.includes('--portable') ? PORTABLE : undefined;
const root = import.meta.dirname;

/** Selections match the beginning of a path; typed words match any part of it. */
function isNamed(file: string): boolean {
  return selection?.some((path) => file.startsWith(path)) ?? asked.some((word) => file.includes(word));
}

/** Whether a test takes minutes. Its files do not fit in memory either. */
function isLong(file: string): boolean {
  return /^(scale|wine)\//.test(file);
}

function isWanted(file: string): boolean {
  if (!file.endsWith('.test.ts')) return false;
  if (asked.length === 0) return !isLong(file);
  if (!isNamed(file)) return false;
  const skipped = platform === 'win32' && NOT_ON_WINDOWS.find(({ path }) => file.startsWith(path));
  if (skipped) process.stdout.write(`Skipped on Windows: ${file} needs ${skipped.because}.\n`);
  return !skipped;
}

/** Beginnings of the paths of the longest tests. They run first, so that no core waits for one of them at the end. */
const LONGEST_FIRST = [
  ...[
    'e2e/readme',
    'page',
    'live',
    'check',
    'e2e/screens',
    'e2e/deploy/recovery',
    'infra/witnesses',
    'package',
  ],
  ...['e2e/links', 'e2e/identity/company', 'e2e', 'cli/watch', 'cli/transfer/crash.', 'local/s3/aws-cli'],
  ...['local/cloudformation/cdk', 'bin', 'cli'],
];

function rank(file: string): number {
  const at = LONGEST_FIRST.findIndex((path) => file.startsWith(path));
  return at === -1 ? LONGEST_FIRST.length : at;
}

/**
 * Tests that share a process: loading the SDK and the modules under test takes most of the time of a small file. Each line is
 * a process, with the beginnings of the paths of its files; the longest beginning decides. Its tests restore the globals that
 * they change. Files that kill processes or take long run by themselves.
 */
const TOGETHER = [
  ['bench', 'scripts', 'sources', 'security', 'docs', 'ci-docs', 'run.test'],
  ['cli'],
  ['cli/identity'],
  ['cli/identity/oidc', 'cli/identity/sign-in'],
  ['cli/identity/tokens', 'cli/identity/users'],
  ['cli/stack'],
  ['cli/transfer'],
  ['cli/transfer/multipart'],
  ['cli/ui', 'cli/trust', 'cli/links', 'protocol', 'page/transfer', 'page/resume'],
  ['e2e/identity/expiry', 'e2e/local', 'e2e/walkthrough'],
  ['e2e/identity/invitation', 'e2e/identity/namesakes', 'e2e/deploy/notices', 'e2e/deploy/operator-policy'],
  ['e2e/deploy/kept', 'e2e/put', 'e2e/identity/sign-in'],
  ['e2e/deploy/operations', 'e2e/deploy/options', 'e2e/deploy/protected'],
  ['e2e/refusals', 'e2e/identity/trust'],
  ['e2e/deploy/trouble', 'e2e/deploy/two-operators'],
  ['edge'],
  ['infra'],
  ['local'],
  ['local/cloudformation'],
  ['local/cloudfront', 'local/lambda'],
  ['local/cognito'],
  ['local/s3'],
  ['page'],
];
const ALONE =
  /(?:aws-cli|cdk|compile-cache|crash|embedded|escapes|fuzz|keyring|kill|killed|lock|memory|terminal|witnesses|workloads)\.test\.js$/;

/** Replaces compiled files that share a process with a file that imports them, in the place of the first. */
async function together(files: readonly string[], outdir: string, guard: string): Promise<string[]> {
  // All unit tests share a process, which opens no sockets and starts no processes.
  const unitEntry = join(outdir, 'unit.js');
  const entryOf = (file: string): string => {
    const path = relative(join(outdir, 'test'), file).replaceAll('\\', '/');
    if (UNIT.some((start) => path.startsWith(start))) return unitEntry;
    const length = (group: readonly string[]) =>
      Math.max(0, ...group.filter((start) => path.startsWith(start)).map((start) => start.length));
    const [longest] = TOGETHER.toSorted((one, other) => length(other) - length(one));
    if (ALONE.test(path) || longest === undefined || length(longest) === 0) return file;
    return join(outdir, `${longest[0]?.replaceAll('/', '-')}.js`);
  };
  const processes = new Map<string, string[]>();
  for (const file of files) {
    const entry = entryOf(file);
    processes.set(entry, [...(processes.get(entry) ?? []), file]);
  }
  for (const [entry, members] of processes) {
    if (members[0] === entry) continue;
    const imported = entry === unitEntry ? [guard, ...members] : members;
    const imports = imported.map((file) => `import ${JSON.stringify(pathToFileURL(file))};\n`);
    await writeFile(entry, imports.join(''));
  }
  return [...processes.keys()];
}

const all = readdirSync(root, { recursive: true, encoding: 'utf8' }).map((file) =>
  file.replaceAll('\\', '/'),
);
const named = [...PORTABLE, ...NOT_ON_WINDOWS.map(({ path }) => path), ...LONGEST_FIRST, ...TOGETHER.flat()];
const gone = named.filter((path) => !all.some((file) => file.startsWith(path)));
if (gone.length > 0)
  throw new Error(`No test file begins with ${gone.join(', ')}, which run.ts or selections.ts names.`);
const wanted = all
  .filter(isWanted)
  .sort((one, other) => rank(one) - rank(other) || one.localeCompare(other))
  .map((file) => join(root, file));
if (wanted.length === 0) throw new Error(`No test file matches ${asked.join(' ')}.`);
const compiled = join(root, `../dist.test.${pid}`);
const runner = join(root, 'support/run/runner.ts');
const guard = join(root, 'support/run/no-sockets.ts');
const workers = WORKERS.map((worker) => join(root, `../${worker}.ts`));
const [program = runner, compiledGuard = guard, ...single] = (
  await compileTests([runner, guard, ...wanted, ...workers], compiled)
).slice(0, -workers.length);
process.env.COMPILED_TESTS = compiled;
const files = await together(single, compiled, compiledGuard);

// If the developer has chosen a temporary folder, it is used.
const hasLong = wanted.some((file) => isLong(relative(root, file).replaceAll('\\', '/')));
const memory = hasLong || process.env.TMPDIR !== undefined ? undefined : memoryFolder();
if (memory !== undefined) process.env.TMPDIR = memory;

const child = spawn(process.execPath, [program], { stdio: ['pipe', 'inherit', 'inherit'] });
// Ctrl-C reaches the child too. This process waits for it, then deletes the files of the run.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => child.kill(signal));
child.stdin?.end(JSON.stringify(files));
const [code] = (await once(child, 'close')) as [number | null];
process.exitCode = code ?? 1;
// A killed process may still be writing its last file.
for (const folder of [compiled, memory])
  if (folder !== undefined) await rm(folder, { recursive: true, maxRetries: 10 });
