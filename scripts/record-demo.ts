import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StringDecoder } from 'node:string_decoder';
import { RECORDED_COLUMNS, type RecordedLine, recordingSvg } from './recording-svg.ts';
import { TerminalScreen } from './terminal-screen.ts';

/*
 * Records `edge-upload demo` into docs/demo.svg: `npm run record`. The demo runs on a pseudo-terminal of util-linux's
 * script(1), which writes the output with the time of each piece.
 */

/** Minimum seconds between two lines, enough to read one. */
const SHORTEST = 0.3;
const LONGEST = 1;

const ROOT = join(import.meta.dirname, '..');

function record(folder: string): { output: Buffer; timing: string } {
  const [out, timing] = [join(folder, 'out'), join(folder, 'timing')];
  const command = `stty cols ${RECORDED_COLUMNS} rows 40; exec '${process.execPath}' '${join(ROOT, 'dist/edge-upload.js')}' demo`;
  const flags = ['--quiet', '--return', '--log-out', out, '--log-timing', timing, '--command', command];
  const { status, stderr } = spawnSync('script', flags, { env: { ...process.env, TERM: 'xterm-256color' } });
  if (status !== 0) throw new Error(`The demo failed with exit code ${status}. ${stderr}`);
  return { output: readFileSync(out), timing: readFileSync(timing, 'utf8') };
}

/** Plays a recording, and returns each line with the time of its final content. */
function linesOf({ output, timing }: { output: Buffer; timing: string }): RecordedLine[] {
  const screen = new TerminalScreen(RECORDED_COLUMNS);
  // A chunk can end inside a character.
  const decoder = new StringDecoder('utf8');
  const seen: { text: string; at: number }[] = [];
  // script(1) writes a line of its own first.
  let offset = output.indexOf('\n') + 1;
  let at = 0;
  for (const line of timing.trim().split('\n')) {
    const [seconds, bytes] = line.split(' ').map(Number) as [number, number];
    at += seconds;
    screen.write(decoder.write(output.subarray(offset, offset + bytes)));
    offset += bytes;
    screen.lines().forEach((runs, row) => {
      const text = JSON.stringify(runs);
      if (seen[row]?.text !== text) seen[row] = { text, at };
    });
  }
  let shown = 0;
  return screen.lines().map((runs, row) => {
    const gap = (seen[row]?.at ?? 0) - (seen[row - 1]?.at ?? 0);
    shown += Math.min(LONGEST, Math.max(SHORTEST, gap));
    return { runs, at: shown };
  });
}

const folder = mkdtempSync(join(tmpdir(), 'edge-upload-record-'));
try {
  const svg = recordingSvg(linesOf(record(folder)), 'edge-upload demo: deploy, sign in, upload, destroy');
  writeFileSync(join(ROOT, 'docs/demo.svg'), svg);
} finally {
  rmSync(folder, { recursive: true });
}
