import type { Context } from '../../context.ts';

async function launch(address: string): Promise<void> {
  const { default: open } = await import('open');
  await open(address);
}

/**
 * Opens the user's browser; `BROWSER=none` opens none. The address is on the screen too: a launcher that ends well proves
 * nothing.
 */
export function openBrowser({ env, ui }: Pick<Context, 'env' | 'ui'>, address: string): void {
  if (env.BROWSER === 'none') return;
  launch(address).catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    ui.event({ type: 'debug', text: `no browser was opened: ${reason}` });
  });
}
