import type { Run, Style } from './terminal-screen.ts';

/** A line of a recording, and the second at which its content is final. */
export interface RecordedLine {
  readonly runs: readonly Run[];
  readonly at: number;
}

export const RECORDED_COLUMNS = 100;
const ROWS = 24;
const LINE = 18;
const LETTER = 7.8;
const MARGIN = 16;

/** CSS classes for the SGR codes that the command line writes. */
const CLASSES: Readonly<Record<number, string>> = { 1: 'b', 2: 'd', 31: 'r', 32: 'g', 33: 'y', 36: 'c' };

const STYLE = `
svg{--paper:#ffffff;--ink:#1f2328;--dim:#656d76;--red:#cf222e;--green:#1a7f37;--yellow:#9a6700;--cyan:#0969da;--frame:#d0d7de}
@media(prefers-color-scheme:dark){svg{--paper:#0d1117;--ink:#e6edf3;--dim:#8b949e;--red:#ff7b72;--green:#3fb950;--yellow:#d29922;--cyan:#58a6ff;--frame:#30363d}}
text{font:13px ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;fill:var(--ink);white-space:pre;opacity:0;animation:show 0s linear forwards}
.b{font-weight:700}.d{fill:var(--dim)}.r{fill:var(--red)}.g{fill:var(--green)}.y{fill:var(--yellow)}.c{fill:var(--cyan)}
@keyframes show{to{opacity:1}}
@media(prefers-reduced-motion:reduce){text,g{animation-delay:0s!important;animation-duration:0s!important}}`;

const escaped = (text: string) => text.replace(/[&<>]/g, (sign) => `&#${sign.charCodeAt(0)};`);

function classOf(style: Style): string {
  return style.flatMap((code) => CLASSES[code] ?? []).join(' ');
}

function spans(runs: readonly Run[]): string {
  return runs
    .map(({ text, style }) => {
      const name = classOf(style);
      return name === '' ? escaped(text) : `<tspan class="${name}">${escaped(text)}</tspan>`;
    })
    .join('');
}

/** Returns keyframes that scroll the lines up, so that the newest line stays visible. */
function scrolling(lines: readonly RecordedLine[], seconds: number): string {
  const steps = lines.flatMap(({ at }, row) => {
    const above = row + 1 - ROWS;
    return above > 0
      ? [`${((100 * at) / seconds).toFixed(2)}%{transform:translateY(${-above * LINE}px)}`]
      : [];
  });
  return `@keyframes scroll{0%{transform:none}${steps.join('')}}`;
}

/** Draws a terminal recording as an SVG that plays once. */
export function recordingSvg(lines: readonly RecordedLine[], title: string): string {
  const seconds = Math.max(0.1, lines.at(-1)?.at ?? 0);
  const width = Math.round(RECORDED_COLUMNS * LETTER + 2 * MARGIN);
  const height = ROWS * LINE + 2 * MARGIN;
  const texts = lines
    .map(({ runs, at }, row) =>
      runs.length === 0
        ? ''
        : `<text xml:space="preserve" x="0" y="${(row + 1) * LINE - 4}" style="animation-delay:${at.toFixed(2)}s">${spans(runs)}</text>`,
    )
    .filter((text) => text !== '');
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escaped(title)}">`,
    `<title>${escaped(title)}</title>`,
    `<style>${STYLE}\n${scrolling(lines, seconds)}\ng{animation:scroll ${seconds.toFixed(2)}s step-end forwards}</style>`,
    `<rect x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="8" fill="var(--paper)" stroke="var(--frame)"/>`,
    `<svg x="${MARGIN}" y="${MARGIN}" width="${width - 2 * MARGIN}" height="${ROWS * LINE}"><g>`,
    ...texts,
    '</g></svg>',
    '</svg>',
    '',
  ].join('\n');
}
