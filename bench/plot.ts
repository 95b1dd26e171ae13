import { type Goal, isReached, type Results } from './figures.ts';

const WIDTH = 860;
const LABEL = 430;
const ROW = 22;
const TOP = 56;
/** Length of the longest bar: twice the limit. */
const MOST = 2;

/** Draws each limited value as a share of its limit, as SVG. A bar beyond the line exceeds the limit. */
export function plot(results: Results): string {
  const rows = Object.entries(results).flatMap(([measure, { goals }]) =>
    goals.map((goal) => ({
      label: `${measure}: ${goal.what}`,
      share: shareOf(goal),
      isReached: isReached(goal),
    })),
  );
  const height = TOP + rows.length * ROW + 16;
  const scale = (WIDTH - LABEL - 60) / MOST;
  const line = LABEL + scale;
  const bars = rows.flatMap(({ label, share, isReached }, row) => {
    const y = TOP + row * ROW;
    const length = Math.min(share, MOST) * scale;
    return [
      `<text x="${LABEL - 8}" y="${y + 12}" text-anchor="end">${escaped(label)}</text>`,
      `<rect x="${LABEL}" y="${y}" width="${length.toFixed(1)}" height="16" fill="${isReached ? '#2a78b8' : '#c4541d'}"/>`,
      `<text x="${(LABEL + length + 6).toFixed(1)}" y="${y + 12}">${share.toFixed(2)}</text>`,
    ];
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="12">`,
    `<rect width="${WIDTH}" height="${height}" fill="#fff"/>`,
    `<text x="16" y="22" font-size="15">Measured ÷ target</text>`,
    `<text x="${line}" y="${TOP - 10}" text-anchor="middle">bound</text>`,
    `<line x1="${line}" y1="${TOP - 6}" x2="${line}" y2="${height - 8}" stroke="#555" stroke-dasharray="3 3"/>`,
    ...bars,
    '</svg>',
    '',
  ].join('\n');
}

/** For a minimum, returns the inverse, so that more than 1 always means that the limit is missed. */
function shareOf({ value, atMost, atLeast }: Goal): number {
  if (atMost !== undefined) return Math.max(0, value / atMost);
  return atLeast === undefined ? 1 : atLeast / value;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
