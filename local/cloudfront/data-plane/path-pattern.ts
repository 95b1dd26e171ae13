/**
 * Whether a path matches a cache behavior's pattern: `*` matches any characters, `?` exactly one. The leading slash is
 * optional; matching is case-sensitive.
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/DownloadDistValuesCacheBehavior.html#DownloadDistValuesPathPattern
 */
export function matchesPattern(path: string, pattern: string): boolean {
  const anchored = pattern.startsWith('/') || pattern.startsWith('*') ? pattern : `/${pattern}`;
  let at = 0;
  let mark = 0;
  let star = -1;
  let afterStar = 0;
  while (at < path.length) {
    if (anchored[mark] === '*') {
      star = mark++;
      afterStar = at;
    } else if (anchored[mark] === '?' || anchored[mark] === path[at]) {
      mark += 1;
      at += 1;
    } else if (star >= 0) {
      mark = star + 1;
      at = ++afterStar;
    } else {
      return false;
    }
  }
  return /^\**$/.test(anchored.slice(mark));
}
