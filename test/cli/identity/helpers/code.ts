import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { codeAt, stepAt } from '../../../../local/cognito/challenges/software-token.ts';

/** `app <milliseconds>`: prints the code of the secret in the screen on standard input. `message <folder>`: that of the newest message. */
const [, , kind = '', where = ''] = process.argv;

function ofApp(screen: string): string {
  // The terminal has wrapped long lines.
  const secret = /secret=([A-Z2-7]+)/.exec(screen.replaceAll(/\r?\n/g, ''))?.[1] ?? '';
  return codeAt(secret, stepAt(new Date(Number(where))));
}

function ofMessage(): string {
  const newest = readdirSync(where).sort().at(-1) ?? '';
  return /\d{6,8}/.exec(JSON.parse(readFileSync(join(where, newest), 'utf8')).body)?.[0] ?? '';
}

process.stdout.write(kind === 'app' ? ofApp(await text(process.stdin)) : ofMessage());
