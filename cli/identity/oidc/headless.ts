import type { Context } from '../../context.ts';

/** Returns true in the Windows Subsystem for Linux, which opens the browser of Windows. */
function isWsl({ env }: Pick<Context, 'env'>): boolean {
  return Boolean(env.WSL_DISTRO_NAME || env.WSL_INTEROP);
}

/**
 * Returns why no browser on this computer can be expected to open, as the rest of a sentence; `undefined` if one can. In
 * a remote session a browser would open elsewhere, and its answer would not reach this computer.
 */
export function whyNoBrowser({
  env,
  platform,
  ui,
}: Pick<Context, 'env' | 'platform' | 'ui'>): string | undefined {
  if (env.SSH_CONNECTION || env.SSH_TTY) return 'this is an SSH session';
  if (env.CODESPACES) return 'this is a codespace';
  if (env.REMOTE_CONTAINERS) return 'this is a development container';
  const hasDisplay = env.DISPLAY || env.WAYLAND_DISPLAY || isWsl({ env });
  if (platform === 'linux' && !hasDisplay) return 'this computer has no display';
  return ui.interactive ? undefined : 'there is no terminal';
}
