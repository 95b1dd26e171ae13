import { readdir } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import type { Context } from '../context.ts';
import { systemCode, UserError } from '../errors.ts';
import { diskError } from './disk-errors.ts';

/** `config`: deployments. `state`: tokens and transfer journals. `data`: the embedded cloud. */
export type FolderKind = 'config' | 'state' | 'data';

/** A folder, or why there is none, as a clause such as `HOME is empty`. */
export type FoundFolder =
  | { readonly path: string; readonly missing?: never }
  | { readonly path?: never; readonly missing: string };

/** What determines the folders. */
export type FolderContext = Pick<Context, 'env' | 'platform' | 'home'>;

const NAME = 'edge-upload';

/** The variables that name the parent of each folder, and the paths below the home folder without them. */
const VARIABLES = { config: 'XDG_CONFIG_HOME', state: 'XDG_STATE_HOME', data: 'XDG_DATA_HOME' } as const;
const LINUX: Record<FolderKind, readonly string[]> = {
  config: ['.config', NAME],
  state: ['.local', 'state', NAME],
  data: ['.local', 'share', NAME],
};
const MAC_LIBRARY = ['Library', 'Application Support'];
const MAC: Record<FolderKind, readonly string[]> = {
  config: [...MAC_LIBRARY, NAME],
  state: [...MAC_LIBRARY, NAME, 'state', NAME],
  data: [...MAC_LIBRARY, NAME, 'data', NAME],
};
const ROAMING = { variable: 'APPDATA', parts: ['AppData', 'Roaming'], below: [NAME] };
const LOCAL = { variable: 'LOCALAPPDATA', parts: ['AppData', 'Local'] };
const WINDOWS = {
  config: ROAMING,
  state: { ...LOCAL, below: [NAME, 'state'] },
  data: { ...LOCAL, below: [NAME, 'data'] },
};

function missingHome({ env, platform }: FolderContext): string {
  const variable = platform === 'win32' ? 'USERPROFILE' : 'HOME';
  const value = env[variable];
  if (value === undefined) return `${variable} is not set, and this user has no home folder`;
  return value === ''
    ? `${variable} is empty`
    : `${variable} is “${value}”, which is not the path of a home folder`;
}

/**
 * Returns the folder of one kind: XDG base directories on Linux (and wherever their variables are set), `Application
 * Support` on macOS, `AppData` on Windows. A relative path is never used, so that nothing is written to the current folder.
 * An XDG variable with one is ignored, as the XDG specification asks. A relative home folder counts as missing.
 */
export function findFolder(context: FolderContext, kind: FolderKind): FoundFolder {
  const { env, platform, home } = context;
  const windows = platform === 'win32' ? WINDOWS[kind] : undefined;
  const above = env[windows?.variable ?? VARIABLES[kind]];
  if (above !== undefined && isAbsolute(above)) return { path: join(above, ...(windows?.below ?? [NAME])) };
  if (!isAbsolute(home)) return { missing: missingHome(context) };
  if (windows !== undefined) return { path: join(home, ...windows.parts, ...windows.below) };
  return { path: join(home, ...(platform === 'darwin' ? MAC : LINUX)[kind]) };
}

/**
 * Returns the same folder.
 * @throws {UserError} `settings` where this computer has none, with the variable to set
 */
export function requireFolder(context: FolderContext, kind: FolderKind): string {
  const { path, missing } = findFolder(context, kind);
  if (path !== undefined) return path;
  const variable = context.platform === 'win32' ? WINDOWS[kind].variable : VARIABLES[kind];
  throw new UserError('settings', `edge-upload has no folder for its files: ${missing}.`, {
    hint: `Set ${variable} to the absolute path of a folder that is yours, or ${context.platform === 'win32' ? 'USERPROFILE' : 'HOME'} to your home folder.`,
  });
}

/** Returns the parent of the folder of compiled code, which `bin/compile-cache.ts` creates and checks. */
export function cacheHome({ env, home }: Pick<FolderContext, 'env' | 'home'>): string {
  const { XDG_CACHE_HOME: given = '' } = env;
  return isAbsolute(given) ? given : join(home, '.cache');
}

/** Returns the folder of the journals of this user's uploads. */
export function journalFolder(context: FolderContext): string {
  return join(requireFolder(context, 'state'), 'uploads');
}

/** The folder does not exist. */
const NOT_THERE: ReadonlySet<string | undefined> = new Set(['ENOENT', 'ENOTDIR']);

/**
 * Returns the names in a folder of edge-upload; none if it does not exist.
 * @throws {UserError} `disk`
 */
export async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (NOT_THERE.has(systemCode(error))) return [];
    throw diskError(folder, error);
  }
}
