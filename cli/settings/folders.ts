import { join } from 'node:path';
import type { Context } from '../context.ts';

/** Where this tool keeps what it keeps, each in the platform's own place. */
export interface Folders {
  /** Deployments this computer knows. */
  readonly config: string;
  /** Tokens and transfer journals. */
  readonly state: string;
  /** The embedded cloud. */
  readonly data: string;
}

const NAME = 'edge-upload';

/**
 * XDG base directories on Linux (and wherever their variables are set), `Application Support` on macOS, `AppData` on
 * Windows. A relative XDG path is ignored, as the XDG specification asks.
 */
export function folders({ env, platform, home }: Pick<Context, 'env' | 'platform' | 'home'>): Folders {
  const xdg = (name: string, fallback: string) => {
    const set = env[name];
    return join(set?.startsWith('/') ? set : fallback, NAME);
  };
  if (platform === 'win32') {
    const roaming = env.APPDATA ?? join(home, 'AppData', 'Roaming');
    const local = env.LOCALAPPDATA ?? join(home, 'AppData', 'Local');
    return {
      config: join(roaming, NAME),
      state: join(local, NAME, 'state'),
      data: join(local, NAME, 'data'),
    };
  }
  const library = join(home, 'Library', 'Application Support');
  const mac = platform === 'darwin';
  return {
    config: xdg('XDG_CONFIG_HOME', mac ? library : join(home, '.config')),
    state: xdg('XDG_STATE_HOME', mac ? join(library, NAME, 'state') : join(home, '.local', 'state')),
    data: xdg('XDG_DATA_HOME', mac ? join(library, NAME, 'data') : join(home, '.local', 'share')),
  };
}
