#!/usr/bin/env node
import { packageVersion } from '../cli/package-root.ts';

// Other programs ask for the version at every turn, and it needs nothing of the rest.
const [first, ...others] = process.argv.slice(2);
if (others.length === 0 && (first === '--version' || first === '-V')) {
  process.stdout.write(`${packageVersion()}\n`);
} else {
  await import('./main.ts');
}
