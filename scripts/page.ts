import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type BuildOptions, build, type Metafile } from 'esbuild';

const PAGE = join(import.meta.dirname, '../page');

/** Path at which the edge serves the page's files. */
const FOLDER = '/.well-known/edge-upload/page/';

/** A file of the page as the edge function serves it. */
interface PageFile {
  readonly type: string;
  /** In base64. */
  readonly gzip: string;
}

const shared = {
  bundle: true,
  platform: 'browser',
  format: 'esm',
  // Evergreen browsers of 2024.
  target: ['chrome120', 'firefox121', 'safari17.4'],
  legalComments: 'none',
  charset: 'utf8',
  minify: true,
  metafile: true,
  write: false,
} satisfies BuildOptions;

/** zlib's memory level with which the largest file, the script, has the fewest bytes. */
const MEMORY_LEVEL = 6;

function compressed(type: string, text: string): PageFile {
  return { type, gzip: gzipSync(text, { level: 9, memLevel: MEMORY_LEVEL }).toString('base64') };
}

/** Returns a name that contains a content hash, so that browsers can cache the file forever. */
function hashedName(name: string, text: string): string {
  const hash = createHash('sha256').update(text).digest('base64url').slice(0, 10);
  return name.replace('.', `-${hash}.`);
}

async function bundle(entry: string): Promise<{ text: string; metafile: Metafile }> {
  const { outputFiles, metafile } = await build({ ...shared, entryPoints: [join(PAGE, entry)] });
  const [{ text } = { text: '' }] = outputFiles;
  return { text, metafile };
}

/** Builds the upload page. The HTML document has the empty name; the other names contain a content hash. */
export async function buildPage(): Promise<{
  files: Readonly<Record<string, PageFile>>;
  metafiles: readonly Metafile[];
}> {
  const files: Record<string, PageFile> = {};
  const add = (name: string, type: string, text: string): string => {
    const hashed = hashedName(name, text);
    files[hashed] = compressed(type, text);
    return FOLDER + hashed;
  };
  const SCRIPT = 'text/javascript; charset=utf-8';
  // The worker that computes checksums of parts.
  const worker = await bundle('transfer/worker.ts');
  const workerUrl = add('worker.js', SCRIPT, worker.text);
  // A file for each language but English, imported by the first one: a response of the edge has at most 40 KB.
  const script = await build({
    ...shared,
    entryPoints: { app: join(PAGE, 'main.ts') },
    define: { WORKER_URL: JSON.stringify(workerUrl) },
    splitting: true,
    outdir: PAGE,
    entryNames: '[name]-[hash]',
    chunkNames: '[name]-[hash]',
  });
  for (const { path, text } of script.outputFiles) files[basename(path)] = compressed(SCRIPT, text);
  const app = Object.keys(files).find((name) => name.startsWith('app-'));
  const styles = await bundle('styles.css');
  const html = (await readFile(join(PAGE, 'index.html'), 'utf8'))
    .replace('{{script}}', `${FOLDER}${app}`)
    .replace('{{styles}}', add('app.css', 'text/css; charset=utf-8', styles.text))
    .replaceAll(/\n\s+/g, '\n');
  files[''] = compressed('text/html; charset=utf-8', html);
  return { files, metafiles: [worker, script, styles].map(({ metafile }) => metafile) };
}
