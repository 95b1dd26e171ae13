import type { Context } from '../../context.ts';

async function launch(address: string): Promise<void> {
  const { default: open } = await import('open');
  await open(address);
}

/** Opens the user's browser. The address is on the screen too: a launcher that ends well proves nothing. */
export function openBrowser({ ui }: Pick<Context, 'ui'>, address: string): void {
  launch(address).catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    ui.event({ type: 'debug', text: `no browser was opened: ${reason}` });
  });
}
