import { notSupported } from '../wire/errors.ts';

/** A term: `word`, `"some words"`; with `?` before it one of several will do, with `-` it must not be there. */
const TERM = /([?-]?)(?:"((?:[^"\\]|\\.)*)"|(\S+))/g;

/**
 * Whether a message matches a filter pattern of terms, which are looked for as they are written:
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
 *
 * @throws AwsError `InvalidParameterException` for patterns of JSON, of columns and of regular expressions
 */
export function matcher(pattern: string): (message: string) => boolean {
  if (/^\s*[{[]|%/.test(pattern)) {
    throw notSupported(`the filter pattern ${pattern}; it supports terms only`, 'InvalidParameterException');
  }
  const terms = [...pattern.matchAll(TERM)].map(([, sign = '', quoted, word = '']) => ({
    sign,
    text: quoted?.replace(/\\(.)/g, '$1') ?? word,
  }));
  const signed = (wanted: string) => terms.filter(({ sign }) => sign === wanted).map(({ text }) => text);
  const [all, some, none] = [signed(''), signed('?'), signed('-')];
  if (some.length > 0 && all.length + none.length > 0) {
    throw notSupported('terms with and without ? in one pattern', 'InvalidParameterException');
  }
  return (message) => {
    const has = (term: string) => message.includes(term);
    return all.every(has) && !none.some(has) && (some.length === 0 || some.some(has));
  };
}
