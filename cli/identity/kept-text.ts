import type { FoundSession } from './token-store.ts';

/** Where tokens are kept, and what protects them. */
export function keptText({ file, key }: Pick<FoundSession, 'file' | 'key'>): string {
  return key === undefined
    ? `in ${file}, for you alone to read; no keyring could be used`
    : `encrypted in ${file}; the key is in the system's keyring`;
}
