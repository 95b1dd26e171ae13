import { chmod, copyFile, rm, writeFile } from 'node:fs/promises';
import { runTool } from './run-tool.ts';

/** Marks a Node that contains a program: https://nodejs.org/api/single-executable-applications.html */
const FUSE = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2';

interface ExecutableOptions {
  /** The bundled program. */
  readonly main: string;
  /** The Node into which the program is put. */
  readonly node: string;
  /** A Node of the same version that runs on this computer. Default: `node`. */
  readonly builder?: string;
  readonly output: string;
}

async function canBuild(node: string): Promise<boolean> {
  const version = (await runTool(node, ['--version'])).slice(1);
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > 25 || (major === 25 && minor >= 5);
}

/**
 * Writes a Node that contains a program. Node 25.5 and later can do this themselves; for older ones, postject does it.
 */
export async function buildExecutable({
  main,
  node,
  builder = node,
  output,
}: ExecutableOptions): Promise<void> {
  const config = `${output}.json`;
  const blob = `${output}.blob`;
  const isDirect = await canBuild(builder);
  const settings = {
    main,
    disableExperimentalSEAWarning: true,
    // Compiled code works only on the same kind of processor.
    useCodeCache: builder === node,
    // NODE_OPTIONS is meant for other programs.
    execArgvExtension: 'none',
  };
  const place = isDirect ? { executable: node, output } : { output: blob };
  await writeFile(config, JSON.stringify({ ...settings, ...place }));
  try {
    if (isDirect) await runTool(builder, ['--build-sea', config]);
    else {
      await runTool(builder, ['--experimental-sea-config', config]);
      await copyFile(node, output);
      await chmod(output, 0o755);
      const postject = ['node_modules/postject/dist/cli.js', output, 'NODE_SEA_BLOB', blob];
      const segment = process.platform === 'darwin' ? ['--macho-segment-name', 'NODE_SEA'] : [];
      await runTool(process.execPath, [...postject, '--sentinel-fuse', FUSE, ...segment]);
    }
    await chmod(output, 0o755);
  } finally {
    for (const file of [config, blob]) await rm(file, { force: true });
  }
}
