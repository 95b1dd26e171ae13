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

/** The address as a QR code of half blocks: with a usual host and name, 53 columns or fewer. */
export async function qrCode(address: string): Promise<string> {
  const { renderUnicodeCompact } = await import('uqr');
  return renderUnicodeCompact(address, { ecc: 'L', border: 2 });
}
