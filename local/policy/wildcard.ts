/**
 * Whether a text matches a pattern: `*` stands for any characters, `?` for one. With every pattern, the time is at most
 * proportional to the product of both lengths.
 */
export function like(text: string, pattern: string): boolean {
  let [at, mark, afterStar] = [0, 0, 0];
  let star = -1;
  while (at < text.length) {
    if (pattern[mark] === '*') {
      star = mark++;
      afterStar = at;
    } else if (pattern[mark] === '?' || pattern[mark] === text[at]) {
      mark += 1;
      at += 1;
    } else if (star >= 0) {
      mark = star + 1;
      at = ++afterStar;
    } else return false;
  }
  return /^\**$/.test(pattern.slice(mark));
}
