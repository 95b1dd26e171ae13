#!/usr/bin/env node
import { readFileSync } from 'node:fs';

// Other programs ask for the version at every turn: it is told from this one file, without loading a further one.
const [first, ...others] = process.argv.slice(2);
if (others.length === 0 && (first === '--version' || first === '-V')) {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  process.stdout.write(`${version}\n`);
} else {
  await import('./main.ts');
}
