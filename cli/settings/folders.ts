import { isAbsolute, join } from 'node:path';
import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';

/** `config`: deployments. `state`: tokens and journals. `data`: the embedded cloud. */
type FolderKind = 'config' | 'state' | 'data';

export type FolderContext = Pick<Context, 'env' | 'platform' | 'home'>;

/** The parent of a folder below the home folder, the path below the parent, and the system's variable that names the parent. */
type Place = readonly [parent: string, below: string, variable?: string];

const NAME = 'edge-upload';
const XDG = { config: 'XDG_CONFIG_HOME', state: 'XDG_STATE_HOME', data: 'XDG_DATA_HOME' } as const;
const MAC_LIBRARY = 'Library/Application Support';
const LINUX: Record<FolderKind, Place> = {
  config: ['.config', NAME],
  state: ['.local/state', NAME],
  data: ['.local/share', NAME],
};
const PLACES: Partial<Record<NodeJS.Platform, Record<FolderKind, Place>>> = {
  darwin: {
    config: [MAC_LIBRARY, NAME],
    state: [`${MAC_LIBRARY}/${NAME}/state`, NAME],
    data: [`${MAC_LIBRARY}/${NAME}/data`, NAME],
  },
  win32: {
    config: ['AppData/Roaming', NAME, 'APPDATA'],
    state: ['AppData/Local', `${NAME}/state`, 'LOCALAPPDATA'],
    data: ['AppData/Local', `${NAME}/data`, 'LOCALAPPDATA'],
  },
};

/**
 * Returns a folder of edge-upload; `undefined` without a home folder. XDG variables count on macOS and Windows too. Relative
 * paths are ignored, as the XDG specification asks: nothing is written below the current folder.
 */
export function findFolder({ env, platform, home }: FolderContext, kind: FolderKind): string | undefined {
  const named = env[XDG[kind]];
  if (named !== undefined && isAbsolute(named)) return join(named, NAME);
  const [parent, below, variable] = (PLACES[platform] ?? LINUX)[kind];
  const above = variable && env[variable];
  if (above !== undefined && isAbsolute(above)) return join(above, below);
  return isAbsolute(home) ? join(home, parent, below) : undefined;
}

/**
 * Returns the same folder.
 * @throws {UserError} `settings` where this computer has none, with the variable to set
 */
export function requireFolder(context: FolderContext, kind: FolderKind): string {
  const { env, platform } = context;
  const folder = findFolder(context, kind);
  if (folder !== undefined) return folder;
  const [, , variable = XDG[kind]] = (PLACES[platform] ?? LINUX)[kind];
  const home = platform === 'win32' ? 'USERPROFILE' : 'HOME';
  let why = `is “${env[home]}”, which is not the path of a home folder`;
  if (env[home] === undefined) why = 'is not set, and this user has no home folder';
  if (env[home] === '') why = 'is empty';
  throw new UserError('settings', `edge-upload has no folder for its files: ${home} ${why}.`, {
    hint: `Set ${variable} to the absolute path of a folder that is yours, or ${home} to your home folder.`,
  });
}

/** Returns the folders of edge-upload that have a place on this computer. */
export function ownFolders(context: FolderContext): string[] {
  const found = (['config', 'state', 'data'] as const).flatMap((kind) => findFolder(context, kind) ?? []);
  return isAbsolute(cacheHome(context)) ? [...found, join(cacheHome(context), NAME)] : found;
}

/** Returns the parent of the folder of compiled code, which `bin/compile-cache.ts` creates and checks. */
export function cacheHome({ env, home }: Pick<FolderContext, 'env' | 'home'>): string {
  const { XDG_CACHE_HOME: given = '' } = env;
  return isAbsolute(given) ? given : join(home, '.cache');
}

/** Returns the folder of this user's sign-ins. */
export function tokenFolder(context: FolderContext): string {
  return join(requireFolder(context, 'state'), 'tokens');
}

/** Returns the folder of the journals of this user's uploads. */
export function journalFolder(context: FolderContext): string {
  return join(requireFolder(context, 'state'), 'uploads');
}
