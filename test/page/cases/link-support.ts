import type { Computer } from '../../e2e/harness.ts';
import type { Tab } from '../tab.ts';

export interface Link {
  readonly id: string;
  readonly address: string;
  readonly token: string;
}

/** Returns what creates links of a stack. */
export function linksOf(computer: Computer, stack: readonly string[]): (...flags: string[]) => Promise<Link> {
  return (...flags) => computer.json<Link>(['link', 'create', ...flags, '--yes', ...stack]);
}

/** Drops files and folders on the page, as a file manager does. */
export async function drop({ page }: Tab, ...files: string[]): Promise<void> {
  const session = await page.createCDPSession();
  const data = { items: [], files, dragOperationsMask: 1 };
  for (const type of ['dragEnter', 'dragOver', 'drop'] as const) {
    await session.send('Input.dispatchDragEvent', { type, x: 400, y: 400, data });
  }
  await session.detach();
}
