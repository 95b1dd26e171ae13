import type { Context } from '../../context.ts';

async function launch(address: string): Promise<void> {
  const { default: open } = await import('open');
  await open(address);
}

/**
 * Opens the user's browser; `BROWSER=none` opens none. The address is also printed, because a launcher can succeed
 * without opening a browser.
 */
export function openBrowser({ env, ui }: Pick<Context, 'env' | 'ui'>, address: string): void {
  if (env.BROWSER === 'none') return;
  launch(address).catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    ui.event({ type: 'debug', text: `no browser was opened: ${reason}` });
  });
}

/** Returns true in the Windows Subsystem for Linux, which opens the browser of Windows. */
function isWsl({ env }: Pick<Context, 'env'>): boolean {
  return Boolean(env.WSL_DISTRO_NAME || env.WSL_INTEROP);
}

/**
 * Returns why no browser on this computer can be expected to open, as the rest of a sentence; `undefined` if one can. In
 * a remote session a browser would open elsewhere, and its response would not reach this computer.
 */
export function reasonForNoBrowser({
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
