import type { Texts } from '../texts/en.ts';

/** Formats numbers and times in the page's language. A line is not broken between a number and its unit. */
export interface Format {
  /** `1.5 MB`, in powers of 1,000. */
  bytes(count: number): string;
  /** `3 minutes`. */
  duration(seconds: number): string;
  time(date: Date): string;
}

const UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'];

/** Returns a text that is not broken at its spaces. Its language may have put other spaces in it. */
const whole = (text: string) => text.replaceAll(' ', '\u00a0');

export function formatFor(language: string, texts: Texts): Format {
  const time = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short' });
  // Creating a formatter takes a hundred times as long as using it.
  const formats = UNITS.flatMap((unit, power) =>
    [0, 1].map(
      (maximumFractionDigits) =>
        new Intl.NumberFormat(language, {
          style: 'unit',
          unit,
          unitDisplay: power === 0 ? 'long' : 'short',
          maximumFractionDigits,
        }),
    ),
  );
  return {
    bytes(count) {
      const power = Math.min(Math.floor(Math.log10(Math.max(count, 1)) / 3), UNITS.length - 1);
      const value = count / 1000 ** power;
      const digits = power === 0 || value >= 100 ? 0 : 1;
      return whole(formats[power * 2 + digits]?.format(value) ?? '');
    },
    duration(seconds) {
      if (seconds < 60) return whole(texts.seconds(Math.max(Math.ceil(seconds), 1)));
      if (seconds < 90 * 60) return whole(texts.minutes(Math.ceil(seconds / 60)));
      return whole(texts.hours(Math.ceil(seconds / 3600)));
    },
    time(date) {
      const parts = time.formatToParts(date);
      return parts
        .map(({ value }, at) => (parts[at + 1]?.type === 'dayPeriod' ? whole(value) : value))
        .join('');
    },
  };
}
