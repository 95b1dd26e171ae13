import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/*
 * Prints the source files of which a real deploy and real uploads run a function: `npm run road`. The embedded cloud
 * listens on port EDGE_UPLOAD_ROAD_PORT, by default 4610.
 */

const ROOT = join(import.meta.dirname, '..');
const { EDGE_UPLOAD_ROAD_PORT: port = '4610', PATH } = process.env;

/** A script of V8's coverage: https://chromedevtools.github.io/devtools-protocol/tot/Profiler/#type-ScriptCoverage */
interface ScriptCoverage {
  readonly url: string;
  readonly functions: readonly {
    readonly functionName: string;
    readonly ranges: readonly { readonly startOffset: number; readonly count: number }[];
  }[];
}

/** Functions that tsx and V8 add to a file: they run when it is loaded. So does the file itself, which begins at 0. */
const ADDED: readonly string[] = ['__name', '<static_initializer>'];

/** Returns the source files with a function that ran, relative to the root. */
function filesIn(coverage: string): readonly string[] {
  const files = new Set<string>();
  for (const name of readdirSync(coverage)) {
    const { result } = JSON.parse(readFileSync(join(coverage, name), 'utf8')) as {
      readonly result: readonly ScriptCoverage[];
    };
    for (const { url, functions } of result) {
      if (!url.startsWith('file:')) continue;
      const file = relative(ROOT, fileURLToPath(url.replace(/\?.*/, '')));
      if (/^(?:\.\.|node_modules|dist)\b/.test(file)) continue;
      const ran = functions.some(
        ({ functionName, ranges: [whole] }) =>
          !ADDED.includes(functionName) && whole !== undefined && whole.startOffset > 0 && whole.count > 0,
      );
      if (ran) files.add(file);
    }
  }
  return [...files].sort();
}

const home = mkdtempSync(join(tmpdir(), 'edge-upload-road-'));

interface RunOptions {
  readonly input?: string;
  /** Further variables of the environment. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs a command, and returns its standard output. */
function run(entry: 'main' | 'put', args: readonly string[], { input = '', env }: RunOptions = {}): string {
  const program = ['--import', 'tsx', join(ROOT, `bin/${entry}.ts`), ...args];
  return execFileSync(process.execPath, program, {
    cwd: ROOT,
    env: { PATH, HOME: home, CI: '1', ...env },
    input,
    stdio: ['pipe', 'pipe', 'inherit'],
    encoding: 'utf8',
  });
}

function report(
  what: string,
  entry: 'main' | 'put',
  args: readonly string[],
  env: RunOptions['env'] = {},
): void {
  const coverage = join(home, `coverage-${what.replaceAll(' ', '-')}`);
  run(entry, args, { env: { ...env, NODE_V8_COVERAGE: coverage } });
  const files = filesIn(coverage);
  process.stdout.write(`${what}: ${files.length} files\n${files.map((file) => `  ${file}\n`).join('')}\n`);
}

const at = (name: string) => join(home, name);
writeFileSync(at('small'), Buffer.alloc(1000, 'a'));
writeFileSync(at('large'), Buffer.alloc(20_000_000, 'a'));
mkdirSync(at('folder'));
for (const name of ['folder/a', 'folder/b']) writeFileSync(at(name), name);
try {
  run('main', ['local', 'start', '--port', port]);
  report('deploy --local', 'main', ['deploy', '--local', '--yes']);
  run('main', ['login', '--create', '--email', 'ada@example.com', '--new-password-stdin'], {
    input: 'Long-Enough-Pass-1\n',
  });
  report('put of a small file', 'put', ['put', at('small')]);
  report('put of 20 MB', 'put', ['put', at('large')]);
  report('put of a folder', 'put', ['put', '-r', at('folder')]);
  // The embedded cloud responds in place of AWS. Another home folder has no record of the first deployment.
  const { set } = JSON.parse(run('main', ['local', 'env', '--json'])) as {
    readonly set: Readonly<Record<string, string>>;
  };
  mkdirSync(at('operator'));
  const name = ['--stack-name', 'road'];
  report('deploy to AWS', 'main', ['deploy', '--yes', ...name], { ...set, HOME: at('operator') });
} finally {
  try {
    run('main', ['local', 'stop']);
  } finally {
    rmSync(home, { recursive: true });
  }
}
