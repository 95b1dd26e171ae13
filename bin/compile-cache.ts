import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname, isAbsolute, join } from 'node:path';
import { Script } from 'node:vm';
import { crc32 } from 'node:zlib';

/*
 * A cache of compiled code: V8 takes longer to compile the command line than a small upload takes. Node 20 has no such cache
 * (`module.enableCompileCache` came with Node 22.1). Anyone who can write to the cache can run code as this user. So it is
 * used only if the folder and the file belong to this user, and nobody else has access. V8 refuses code of another version
 * of V8, or made with other flags.
 */

/** Bytes before the compiled code: the CRC-32 of the source, and that of the compiled code. */
const HEADER_BYTES = 8;

/**
 * Whether a folder or file belongs to this user.
 * @param without permissions that it must not have
 */
function isOwn({ uid, mode }: { readonly uid: number; readonly mode: number }, without = 0): boolean {
  return uid === process.geteuid?.() && (mode & without) === 0;
}

/** Returns the folder of the cache, and creates it; `undefined` if others have access to it, or could have. */
function ownFolder(): string | undefined {
  const { XDG_CACHE_HOME: given = '', NODE_DISABLE_COMPILE_CACHE, NODE_V8_COVERAGE } = process.env;
  // Windows has no owners to compare. Coverage counts only code that was compiled for it.
  if (process.geteuid === undefined || NODE_DISABLE_COMPILE_CACHE || NODE_V8_COVERAGE) return undefined;
  const caches = isAbsolute(given) ? given : join(homedir(), '.cache');
  if (!isAbsolute(caches)) return undefined;
  const folder = join(caches, 'edge-upload');
  const found = lstatSync(folder, { throwIfNoEntry: false });
  if (found !== undefined) return found.isDirectory() && isOwn(found, 0o077) ? folder : undefined;
  // With `sudo`, the home folder can belong to another user: do not write there.
  const parent = statSync(caches, { throwIfNoEntry: false });
  if (!isOwn(parent ?? statSync(dirname(caches)))) return undefined;
  // Level by level: Node's own `recursive` never ends where no folder can be created, such as in `/proc`.
  if (parent === undefined) mkdirSync(caches, { mode: 0o700 });
  mkdirSync(folder, { mode: 0o700 });
  return folder;
}

/** Reads the compiled code of a source; `undefined` if there is none. */
function readCompiled(file: string, sourceCrc: number): Buffer | undefined {
  const descriptor = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const stats = fstatSync(descriptor);
    if (!stats.isFile() || !isOwn(stats, 0o077)) return undefined;
    const content = readFileSync(descriptor);
    if (content.length <= HEADER_BYTES || content.readUInt32LE(0) !== sourceCrc) return undefined;
    const compiled = content.subarray(HEADER_BYTES);
    return content.readUInt32LE(4) === crc32(compiled) ? compiled : undefined;
  } finally {
    closeSync(descriptor);
  }
}

function writeCompiled(file: string, sourceCrc: number, compiled: Buffer): void {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt32LE(sourceCrc, 0);
  header.writeUInt32LE(crc32(compiled), 4);
  const aside = `${file}.${process.pid}`;
  try {
    writeFileSync(aside, Buffer.concat([header, compiled]), { mode: 0o600, flag: 'wx' });
    renameSync(aside, file);
  } catch {
    // A full or read-only disk: the next command compiles again.
    rmSync(aside, { force: true });
  }
}

/** Returns the result of `work`; `undefined` if it fails. A command also runs without the cache. */
function orNone<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    // V8 compiles the program instead.
    return undefined;
  }
}

/**
 * Parameters of a CommonJS module, and `importModule`. The build replaces `import()` with it, which fails in code from a
 * cache on Node 20.
 */
const PARAMETERS = 'exports, require, module, __filename, __dirname, importModule';

/**
 * Runs a CommonJS file of this folder, from its compiled code if an earlier command wrote it, and returns its exports. The
 * files of this kind that it imports are run in the same way.
 */
export function runCached(name: string): unknown {
  const program = join(__dirname, `${name}.cjs`);
  const bytes = readFileSync(program);
  const sourceCrc = crc32(bytes);
  const folder = orNone(ownFolder);
  // A dry run compiles only a part of the code. If it wrote the cache, later commands would compile the rest each time.
  const kind = process.argv.includes('--dry-run') ? `${name}-dry-run` : name;
  const file = folder === undefined ? undefined : join(folder, `${kind}.code`);
  const cachedData = file === undefined ? undefined : orNone(() => readCompiled(file, sourceCrc));
  const wrapped = Buffer.concat([Buffer.from(`(function (${PARAMETERS}) {`), bytes, Buffer.from('\n})')]);
  // The build writes ASCII. As Latin-1 in one piece, V8 neither decodes nor copies it again.
  const script = new Script(wrapped.toString('latin1'), {
    filename: program,
    ...(cachedData !== undefined && { cachedData }),
  });
  if (file !== undefined && (cachedData === undefined || script.cachedDataRejected === true)) {
    const isHelp = process.argv.some((word) => word === '--help' || word === '-h');
    process.once('exit', () => {
      // A command that succeeded has compiled what the next one needs.
      if (!process.exitCode && !isHelp) writeCompiled(file, sourceCrc, script.createCachedData());
    });
  }
  const module = { exports: {} };
  const importModule = async (path: string): Promise<unknown> =>
    path.endsWith('.cjs') ? runCached(basename(path, '.cjs')) : import(path);
  script.runInThisContext()(module.exports, require, module, program, __dirname, importModule);
  return module.exports;
}
