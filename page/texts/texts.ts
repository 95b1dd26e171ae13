import { DE } from './de.ts';
import { EN, type Texts } from './en.ts';

/** The texts by language. To add one, add a file and an entry here. */
const LANGUAGES: Readonly<Record<string, Texts>> = { en: EN, de: DE };

/** Returns the texts of the first language that the page supports, or English. */
export function textsFor(languages: readonly string[]): { readonly language: string; readonly texts: Texts } {
  for (const one of languages) {
    const language = one.toLowerCase().split('-')[0] ?? '';
    const texts = Object.hasOwn(LANGUAGES, language) ? LANGUAGES[language] : undefined;
    if (texts !== undefined) return { language, texts };
  }
  return { language: 'en', texts: EN };
}
