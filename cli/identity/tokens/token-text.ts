import { UserError } from '../../errors.ts';

/** Whether text has the form of a signed JWT: three parts of base64url. */
export function isJwtText(text: string): boolean {
  return /^[\w-]+\.[\w-]+\.[\w-]+$/.test(text);
}

/**
 * Checks that the parts of a JWT are base64url. The edge verifies the rest.
 * @param source where the token is from, at the start of a sentence
 */
export function requireToken(token: string, source: string): string {
  if (isJwtText(token)) return token;
  const parts = token.split('.').length;
  const why = /[^\w.-]/.test(token)
    ? 'it contains characters that no token has'
    : `it has ${parts === 1 ? '1 part' : `${parts} parts`} instead of 3`;
  throw new UserError('usage', `${source} is not an access token: ${token === '' ? 'it is empty' : why}.`, {
    hint: 'Set it to what edge-upload token prints, or unset it.',
  });
}
