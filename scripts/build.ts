import { existsSync } from 'node:fs';
import { chmod, copyFile, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { pid } from 'node:process';
import { type BuildOptions, build, type Metafile, type Plugin } from 'esbuild';
import { minify } from 'terser';
import { buildCdk } from './cdk.ts';
import { writeCompletions } from './completions.ts';
import { writeManPages } from './man-pages.ts';
import { thirdPartyNotices } from './notices.ts';
import { buildPage } from './page.ts';
import { buildSandbox } from './sandbox.ts';
import { writeTypes } from './types.ts';

/** Where the build grows until it is whole. */
const aside = `dist.${pid}`;

/** What `npm run build` makes of the sources: everything that runs, bundled, in `dist/`. */
const shared = {
  bundle: true,
  platform: 'node',
  target: 'node20',
  legalComments: 'none',
  logLevel: 'warning',
  metafile: true,
} satisfies BuildOptions;

/** Bundled CommonJS packages still ask for these by name. */
const commonJsGlobals = `import { createRequire as __createRequire } from 'node:module';
import { fileURLToPath as __toPath } from 'node:url';
const require = __createRequire(import.meta.url);
const __filename = __toPath(import.meta.url);
const __dirname = __toPath(new URL('.', import.meta.url));`;

/** Parts of undici that its index loads and that are not used here. */
const UNUSED_UNDICI =
  /^\.\/lib\/(?:(?:web|mock|cache|interceptor|handler)\/|dispatcher\/(?:balanced|round-robin|proxy|socks5|env-http|retry|h2c))/;

/** What an unused module has of the names that are read while others load. */
const UNUSED =
  'exports.CacheStorage = class {}; exports.IncomingMessage = class {}; exports.maxHeaderSize = 16384;';

/**
 * Leaves out what costs time at each start and is not used. undici's index loads fetch, mocks, caches and cookies, and
 * with the cookies Node's own undici; it creates a `CacheStorage` at once, which stays. Its HTTP/2 client loads node:http2.
 * It loads node:http for the limit of headers and one class alone. commander loads node:child_process for commands that are
 * programs of their own. ora measures text by string-width, whose tables take 50 ms to load on a slow computer; ours has
 * the same signature.
 */
const withoutUnused: Plugin = {
  name: 'without-unused',
  setup({ onResolve, onLoad, resolve }) {
    const unused = (path: string) => ({ path, namespace: 'unused' });
    onResolve({ filter: UNUSED_UNDICI }, ({ path, importer }) =>
      /undici[\\/]index\.js$/.test(importer) ? unused(path) : undefined,
    );
    onResolve({ filter: /^\.\/client-h2\.js$/ }, ({ path }) => unused(path));
    onResolve({ filter: /^node:(?:http|child_process)$/ }, ({ path, importer }) =>
      /node_modules[\\/](?:undici|commander)[\\/]/.test(importer) ? unused(path) : undefined,
    );
    onResolve({ filter: /^string-width$/ }, ({ resolveDir }) =>
      resolve('fast-string-width', { kind: 'import-statement', resolveDir }),
    );
    onLoad({ filter: /./, namespace: 'unused' }, () => ({ contents: UNUSED }));
  },
};

/** Modules of the AWS SDK that the command line loads on demand, by the files that they are bundled into. */
const sdk = new Map<string, string>();

/** Leaves out of the command line what it loads on demand: the SDK, and the CDK app, minified apart from our own names. */
const onDemand: Plugin = {
  name: 'on-demand',
  setup({ onResolve }) {
    onResolve({ filter: /^@(?:aws-sdk|smithy)\// }, ({ path, kind, importer }) => {
      if (kind !== 'dynamic-import' || importer.includes('node_modules')) return undefined;
      const file = `sdk/${path.slice(1).replaceAll('/', '-')}`;
      sdk.set(file, path);
      return { path: `./${file}.js`, external: true };
    });
    onResolve({ filter: /\/infra\/synthesize\.ts$/ }, () => ({ path: './cdk.js', external: true }));
  },
};

/** The SDK's ES modules: its CommonJS ones lose their named exports when imported on demand. */
const compact = {
  ...shared,
  minifySyntax: true,
  minifyWhitespace: true,
  mainFields: ['module', 'main'],
  // A binary of each platform's keyring, loaded from node_modules where it is installed.
  external: ['@napi-rs/keyring'],
} satisfies BuildOptions;

/** CommonJS from modules that read `import.meta.url`. */
const commonJs = {
  format: 'cjs',
  define: { 'import.meta.url': 'importMetaUrl' },
  banner: { js: "const importMetaUrl = require('node:url').pathToFileURL(__filename).href;" },
} satisfies BuildOptions;

/**
 * The command line in one file, and `put` alone in another: an ES module for each part that some commands share would be a
 * hundred of them. `start` chooses one of the two.
 */
const commandLine: BuildOptions = {
  ...compact,
  ...commonJs,
  plugins: [withoutUnused, onDemand],
  entryPoints: { main: 'bin/main.ts', put: 'bin/put.ts', start: 'bin/start.ts' },
  outdir: aside,
  outExtension: { '.js': '.cjs' },
};

/** The other programs, and the SDK's modules, which share most of their code. */
const programs = (): BuildOptions => ({
  ...compact,
  // The package has a limit of 16 MB; the embedded cloud's own stack traces have no readers but its developers.
  minifyIdentifiers: true,
  plugins: [withoutUnused],
  entryPoints: {
    local: 'local/main.ts',
    credentials: 'bin/credentials.ts',
    keyring: 'bin/keyring.ts',
    ...Object.fromEntries(sdk),
  },
  outdir: aside,
  format: 'esm',
  splitting: true,
  chunkNames: 'chunks/[name]-[hash]',
  banner: { js: commonJsGlobals },
});

/** The construct for CDK apps of others, which have the CDK: `import { UploadEdge } from 'edge-upload/cdk'`. */
const construct: BuildOptions = {
  ...shared,
  ...commonJs,
  entryPoints: ['infra/upload-edge.ts'],
  outfile: `${aside}/construct.cjs`,
  minifySyntax: true,
  external: ['aws-cdk-lib', 'constructs'],
};

/** The code of Lambda@Edge. It is inline in the template, so it is one small CommonJS file, with or without the page. */
const edge = (withPage: boolean): BuildOptions => ({
  ...shared,
  entryPoints: ['edge/index.ts'],
  outfile: `${aside}/${withPage ? 'edge-page' : 'edge'}.cjs`,
  format: 'cjs',
  define: withPage ? {} : { EDGE_PAGE: 'undefined' },
  minify: true,
  // The entry assigns `module.exports` as Lambda reads it: what translates `export` is 500 bytes.
  logOverride: { 'commonjs-variable-in-esm': 'silent' },
  // Three bytes for a quotation mark, not six.
  charset: 'utf8',
});

/** Writes strings with the quotation marks that JSON, and so the template, need not escape. */
async function quoteForJson(file: string): Promise<void> {
  const { code = '' } = await minify(await readFile(file, 'utf8'), { format: { quote_style: 1 } });
  await writeFile(file, code);
}

/** Programs that `bin/compile-cache.ts` runs: it passes the function, because Node 20 cannot import in code from a cache. */
async function toRunCached(file: string): Promise<void> {
  const text = (await readFile(file, 'utf8')).replaceAll('import("./', 'importModule("./');
  // esbuild leaves letters in regular expressions and tagged templates. One of them doubles the time to read the program.
  const ascii = text.replace(/\P{ASCII}/gu, (letter) =>
    letter.replace(/./gs, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`),
  );
  await writeFile(file, ascii);
}

const main = await build(commandLine);
for (const name of ['main', 'put']) await toRunCached(`${aside}/${name}.cjs`);
const others = await Promise.all([
  ...[programs(), construct, edge(false), edge(true)].map((options) => build(options)),
  buildCdk({ ...shared, outdir: aside, banner: { js: commonJsGlobals } }),
]);
for (const name of ['edge', 'edge-page']) await quoteForJson(`${aside}/${name}.cjs`);
const results = [main, ...others, ...(await buildSandbox({ ...shared, outfile: `${aside}/sandbox.cjs` }))];
const page = await buildPage();
await writeTypes('infra/upload-edge.ts', `${aside}/types`);
await writeFile(`${aside}/page.json`, JSON.stringify(page.files));
const metafiles = [...results, ...page.metafiles.map((metafile) => ({ metafile }))].flatMap(
  ({ metafile }): Metafile[] => (metafile === undefined ? [] : [metafile]),
);
await writeManPages(`${aside}/man`, Number(process.env.SOURCE_DATE_EPOCH ?? Date.now() / 1000));
const copied = await writeCompletions(`${aside}/completions`);
await writeFile(`${aside}/THIRD-PARTY-NOTICES.txt`, await thirdPartyNotices(metafiles, copied));
await copyFile('bin/edge-upload.cjs', `${aside}/edge-upload.cjs`);
// For `node dist/edge-upload.js`.
await writeFile(`${aside}/edge-upload.js`, "#!/usr/bin/env node\nimport './edge-upload.cjs';\n");
for (const file of ['edge-upload.cjs', 'edge-upload.js']) await chmod(`${aside}/${file}`, 0o755);

// Build into a side folder and swap, so that running processes keep the old build.
await rm(`${aside}.old`, { recursive: true, force: true });
if (existsSync('dist')) await rename('dist', `${aside}.old`);
await rename(aside, 'dist');
await rm(`${aside}.old`, { recursive: true, force: true });
