/** Cognito's names for second factors, and what people call them, at a flag and in a sentence. */
const FACTORS = [
  { name: 'SOFTWARE_TOKEN_MFA', word: 'app', title: 'authenticator app' },
  { name: 'SMS_MFA', word: 'sms', title: 'text message' },
  { name: 'EMAIL_OTP', word: 'email', title: 'e-mail' },
] as const;

export type FactorWord = (typeof FACTORS)[number]['word'];

export const FACTOR_WORDS: readonly FactorWord[] = FACTORS.map(({ word }) => word);

/** `app`, `sms` or `email`; `undefined` for a factor that this tool does not know. */
export function factorWord(name: string): FactorWord | undefined {
  return FACTORS.find((factor) => factor.name === name)?.word;
}

export function factorOf(word: string): string | undefined {
  return FACTORS.find((factor) => factor.word === word)?.name;
}

/** In a sentence; Cognito's own name where there is no better. */
export function factorTitle(name: string): string {
  return FACTORS.find((factor) => factor.name === name)?.title ?? name;
}

/** The names in one of Cognito's lists, which are JSON within JSON. */
export function readFactors(text: string | undefined): readonly string[] {
  try {
    const names: unknown = JSON.parse(text ?? '[]');
    return Array.isArray(names) ? names.filter((name) => typeof name === 'string') : [];
  } catch {
    // Not a list: the caller says that there is none it could use.
    return [];
  }
}
