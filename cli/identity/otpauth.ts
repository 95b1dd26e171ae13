import type { StyledLine } from '../ui/shown.ts';

/** What an authenticator app has to know. */
export interface AppAccount {
  /** Base32. */
  readonly secret: string;
  readonly username: string;
  /** What the app lists the user under. */
  readonly place: string;
}

/** The address of a time-based code in the form that every authenticator app takes: https://github.com/google/google-authenticator/wiki/Key-Uri-Format */
export function otpauthAddress({ secret, username, place }: AppAccount): string {
  const label = `${encodeURIComponent(place)}:${encodeURIComponent(username)}`;
  return `otpauth://totp/${label}?secret=${secret}&issuer=${encodeURIComponent(place)}`;
}

/** Dark on light, whatever the colours of the terminal. */
const STYLE: StyledLine['style'] = ['whiteBright', 'bgBlack'];

/**
 * The address as a QR code of half blocks. Without the issuer, which the label names too, it leaves a terminal of 24
 * lines one for the prompt if host and user name have 58 characters or fewer.
 */
export async function qrCode(account: AppAccount): Promise<readonly StyledLine[]> {
  const { renderUnicodeCompact } = await import('uqr');
  const address = otpauthAddress(account).replace(/&issuer=.*$/, '');
  const code = renderUnicodeCompact(address, { ecc: 'L', border: 2 });
  return code.split('\n').map((text) => ({ style: STYLE, text }));
}
