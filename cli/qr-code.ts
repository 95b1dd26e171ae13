import type { Style, StyledLine } from './ui/shown.ts';

/** Dark on light in every terminal theme. */
const STYLE: Style = ['whiteBright', 'bgBlack'];

/** Returns a text as a QR code of half blocks, with a light border two modules wide. */
export async function qrCode(text: string): Promise<readonly StyledLine[]> {
  const { renderUnicodeCompact } = await import('uqr');
  const code = renderUnicodeCompact(text, { ecc: 'L', border: 2 });
  return code.split('\n').map((line) => ({ style: STYLE, text: line }));
}
