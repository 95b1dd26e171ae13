import { invalid } from './input.ts';

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
    throw invalid(
      `The filter pattern ${pattern} is not done by the embedded cloud, which looks for terms alone`,
    );
  }
  const terms = [...pattern.matchAll(TERM)].map(([, sign = '', quoted, word = '']) => ({
    sign,
    text: quoted?.replace(/\\(.)/g, '$1') ?? word,
  }));
  const signed = (wanted: string) => terms.filter(({ sign }) => sign === wanted).map(({ text }) => text);
  const [all, some, none] = [signed(''), signed('?'), signed('-')];
  if (some.length > 0 && all.length + none.length > 0) {
    throw invalid('Terms with and without ? in one pattern are not done by the embedded cloud');
  }
  return (message) => {
    const has = (term: string) => message.includes(term);
    return all.every(has) && !none.some(has) && (some.length === 0 || some.some(has));
  };
}
