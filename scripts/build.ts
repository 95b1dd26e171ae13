import { existsSync } from 'node:fs';
import { chmod, copyFile, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { pid } from 'node:process';
import { type BuildOptions, build, type Metafile, type Plugin } from 'esbuild';
import { minify } from 'terser';
import { commonJs, compact, inAscii, shared } from './bundle/options.ts';
import { withoutUnused } from './bundle/without-unused.ts';
import { buildCdk } from './cdk.ts';
import { writeCompletions } from './completions.ts';
import { writeManPages } from './man-pages.ts';
import { thirdPartyNotices } from './notices.ts';
import { buildPage } from './page.ts';
import { buildSandbox } from './sandbox.ts';
import { writeTypes } from './types.ts';

/* Bundles everything that runs into `dist/`: `npm run build`. */

/** Side folder of the build. It is swapped at the end, so that running processes keep the old build. */
const aside = `dist.${pid}`;

/** Globals that bundled CommonJS packages use. */
const commonJsGlobals = `import { createRequire as __createRequire } from 'node:module';
import { fileURLToPath as __toPath } from 'node:url';
const require = __createRequire(import.meta.url);
const __filename = __toPath(import.meta.url);
const __dirname = __toPath(new URL('.', import.meta.url));`;

/** Modules of the AWS SDK that the command line loads on demand, with the files they are bundled into. */
const sdk = new Map<string, string>();

/**
 * Excludes from the command line what it loads on demand: the SDK, and the CDK app, which is minified except for our
 * own names.
 */
const onDemand: Plugin = {
  name: 'on-demand',
  setup({ onResolve }) {
    onResolve({ filter: /^@(?:aws-sdk|smithy)\// }, ({ path, kind, importer }) => {
      if (kind !== 'dynamic-import' || importer.includes('node_modules')) return undefined;
      const file = `sdk/${path.slice(1).replaceAll('/', '-')}`;
      sdk.set(file, path);
      return { path: `./${file}.js`, external: true };
    });
    onResolve({ filter: /\/infra\/upload-stack\.ts$/ }, () => ({ path: './cdk.cjs', external: true }));
  },
};

/**
 * The command line in one file, and `put` in another. With a shared module for each part that several commands use,
 * there would be a hundred of them. `start` chooses one of the two.
 */
const commandLine: BuildOptions = {
  ...compact,
  ...commonJs,
  plugins: [withoutUnused, onDemand],
  entryPoints: { main: 'bin/main.ts', put: 'bin/put.ts', start: 'bin/start.ts', local: 'bin/local.ts' },
  outdir: aside,
  outExtension: { '.js': '.cjs' },
};

/** The embedded cloud in one file, which `local` runs. */
const cloud: BuildOptions = {
  ...compact,
  ...commonJs,
  // Saves space: the package is limited to 16 MB. Only developers of the embedded cloud read its stack traces.
  minifyIdentifiers: true,
  plugins: [withoutUnused],
  entryPoints: ['local/main.ts'],
  outfile: `${aside}/cloud.cjs`,
};

/** The other programs and the SDK's modules, which share most of their code. */
const programs = (): BuildOptions => ({
  ...compact,
  // Saves space: the package is limited to 16 MB.
  minifyIdentifiers: true,
  plugins: [withoutUnused],
  entryPoints: {
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

/**
 * Keeps names and lines for the developers of other programs: stack traces show names, and Node prints the line of an
 * uncaught error.
 */
const readable = { keepNames: true, minifyWhitespace: false } satisfies BuildOptions;

/**
 * The library: `import { createUploader } from 'edge-upload'`. It is CommonJS whose named exports ES modules can
 * import.
 */
const library: BuildOptions = {
  ...compact,
  // Without the banner of the programs: `__filename` would not exist in the ES modules that some bundlers write.
  format: 'cjs',
  plugins: [withoutUnused],
  entryPoints: ['cli/library/create-uploader.ts'],
  outfile: `${aside}/uploader.cjs`,
  define: {
    // undici reads these variables. A library must not depend on the environment.
    'process.env.JEST_WORKER_ID': 'undefined',
    'process.env.UNDICI_NO_WASM_SIMD': 'undefined',
  },
  ...readable,
};

/** The construct for other CDK apps, which bring the CDK: `import { UploadEdge } from 'edge-upload/cdk'`. */
const construct: BuildOptions = {
  ...compact,
  ...commonJs,
  plugins: [withoutUnused, onDemand],
  entryPoints: ['cli/construct/upload-edge.ts'],
  outfile: `${aside}/construct.cjs`,
  ...readable,
  external: ['aws-cdk-lib', 'constructs'],
};

/**
 * The code of Lambda@Edge. It is inline in the template, so it is one small CommonJS file, with or without the page.
 */
const edge = (withPage: boolean): BuildOptions => ({
  ...shared,
  entryPoints: ['edge/index.ts'],
  outfile: `${aside}/${withPage ? 'edge-page' : 'edge'}.cjs`,
  format: 'cjs',
  define: withPage ? {} : { EDGE_PAGE: 'undefined' },
  minify: true,
  // The entry assigns `module.exports`, which Lambda reads. Translating `export` would add 500 bytes.
  logOverride: { 'commonjs-variable-in-esm': 'silent' },
  // Writes a quotation mark with three bytes, not six.
  charset: 'utf8',
});

/** Writes strings with the quotation marks that JSON does not escape, because the template is JSON. */
async function quoteForJson(file: string): Promise<void> {
  const { code = '' } = await minify(await readFile(file, 'utf8'), { format: { quote_style: 1 } });
  await writeFile(file, code);
}

/**
 * Converts a file for `bin/compile-cache.ts`, which passes an import function: Node 20 cannot import in code from a
 * cache.
 */
async function toRunCached(file: string): Promise<void> {
  const text = await readFile(file, 'utf8');
  await writeFile(file, inAscii(text.replaceAll('import("./', 'importModule("./')));
}

/** Builds everything into the side folder. */
async function buildAll(): Promise<void> {
  const main = await build(commandLine);
  for (const name of ['main', 'put']) await toRunCached(`${aside}/${name}.cjs`);
  const others = await Promise.all([
    ...[programs(), cloud, library, construct, edge(false), edge(true)].map((options) => build(options)),
    buildCdk({ ...shared, ...commonJs, outdir: aside }),
  ]);
  for (const name of ['cloud', 'cdk']) await toRunCached(`${aside}/${name}.cjs`);
  for (const name of ['edge', 'edge-page']) await quoteForJson(`${aside}/${name}.cjs`);
  const results = [main, ...others, ...(await buildSandbox({ ...shared, outfile: `${aside}/sandbox.cjs` }))];
  const page = await buildPage();
  await writeTypes(['cli/library/create-uploader.ts', 'cli/construct/upload-edge.ts'], `${aside}/types`);
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
}

const old = `${aside}.old`;
try {
  await buildAll();
  if (existsSync('dist')) await rename('dist', old);
  await rename(aside, 'dist');
} finally {
  await rm(aside, { recursive: true, force: true });
}
await rm(old, { recursive: true, force: true });
