import { randomInt } from 'node:crypto';
import type { PoolRules } from './rules.ts';

/** None that looks like another; symbols of Cognito's own list. */
const KINDS = ['ABCDEFGHJKLMNPQRSTUVWXYZ', 'abcdefghijkmnopqrstuvwxyz', '23456789', '!@#%*-_+=?'];
const LENGTH = 24;

function shuffled(letters: readonly string[]): string {
  const rest = [...letters];
  let text = '';
  while (rest.length > 0) text += rest.splice(randomInt(rest.length), 1)[0];
  return text;
}

/** A password that meets every policy a pool can have: all four kinds of characters, and the pool's own length. */
export function temporaryPassword({ minimumLength }: Pick<PoolRules, 'minimumLength'>): string {
  const pick = (letters: string) => letters.charAt(randomInt(letters.length));
  const letters = KINDS.map(pick);
  while (letters.length < Math.max(LENGTH, minimumLength)) letters.push(pick(KINDS.join('')));
  return shuffled(letters);
}
