/** Second factors: Cognito's name, the word for flags, and the name in sentences. */
const FACTORS = [
  { name: 'SOFTWARE_TOKEN_MFA', word: 'app', title: 'authenticator app' },
  { name: 'SMS_MFA', word: 'sms', title: 'text message' },
  { name: 'EMAIL_OTP', word: 'email', title: 'e-mail' },
] as const;

export type FactorWord = (typeof FACTORS)[number]['word'];

export const FACTOR_WORDS: readonly FactorWord[] = FACTORS.map(({ word }) => word);

/** Returns `app`, `sms` or `email`; `undefined` for an unknown factor. */
export function factorWord(name: string): FactorWord | undefined {
  return FACTORS.find((factor) => factor.name === name)?.word;
}

export function factorOf(word: string): string | undefined {
  return FACTORS.find((factor) => factor.word === word)?.name;
}

/** Returns the name for a sentence; Cognito's own name for an unknown factor. */
export function factorTitle(name: string): string {
  return FACTORS.find((factor) => factor.name === name)?.title ?? name;
}

/** Parses a list of names, which Cognito sends as JSON in a string. */
export function readFactors(text: string | undefined): readonly string[] {
  try {
    const names: unknown = JSON.parse(text ?? '[]');
    return Array.isArray(names) ? names.filter((name) => typeof name === 'string') : [];
  } catch {
    // The caller reports that there is no usable factor.
    return [];
  }
}
