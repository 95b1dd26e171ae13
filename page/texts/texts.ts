import { EN, type Texts } from './en.ts';

/** The texts of the languages besides English. To add one, add a file and an entry here. */
const OTHERS: Readonly<Record<string, () => Promise<Texts>>> = {
  de: async () => (await import('./de.ts')).DE,
};

interface Language {
  readonly language: string;
  readonly texts: Texts;
}

const ENGLISH: Language = { language: 'en', texts: EN };

/** Returns the texts of the first language that the page supports, or English, also if the texts do not arrive. */
export async function textsFor(languages: readonly string[]): Promise<Language> {
  for (const one of languages) {
    const language = one.toLowerCase().split('-')[0] ?? '';
    if (language === 'en') return ENGLISH;
    const texts = Object.hasOwn(OTHERS, language) ? await OTHERS[language]?.().catch(() => EN) : undefined;
    if (texts !== undefined) return texts === EN ? ENGLISH : { language, texts };
  }
  return ENGLISH;
}
