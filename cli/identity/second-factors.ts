/** Second factors by the word for flags: Cognito's name, and the name in sentences. */
const FACTORS = {
  app: { name: 'SOFTWARE_TOKEN_MFA', title: 'authenticator app' },
  sms: { name: 'SMS_MFA', title: 'text message' },
  email: { name: 'EMAIL_OTP', title: 'e-mail' },
} as const;

export type FactorWord = keyof typeof FACTORS;

export const FACTOR_WORDS = Object.keys(FACTORS) as readonly FactorWord[];

/** Returns `app`, `sms` or `email`; `undefined` for an unknown factor. */
export function factorWord(name: string): FactorWord | undefined {
  return FACTOR_WORDS.find((word) => FACTORS[word].name === name);
}

/** Returns Cognito's name; `undefined` for an unknown word. */
export function factorOf(word: string): string | undefined {
  const known = FACTOR_WORDS.find((one) => one === word);
  return known && FACTORS[known].name;
}

/** Returns the name for a sentence; Cognito's own name for an unknown factor. */
export function factorTitle(name: string): string {
  const word = factorWord(name);
  return word === undefined ? name : FACTORS[word].title;
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
