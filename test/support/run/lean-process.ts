import { setFlagsFromString } from 'node:v8';

/* Loaded before each test file. */

/** Node's own modules that most test files load. */
const MODULES = [
  'assert/strict',
  'child_process',
  'crypto',
  'fs/promises',
  'https',
  'stream/promises',
  'zlib',
];

// V8 refuses the compiled code of Node's own modules after a change of flags, so they are loaded first.
for (const name of MODULES) process.getBuiltinModule(`node:${name}`);

// Most test files end soon after V8 has optimized their functions. It begins later than by default (132 KB of bytecode).
setFlagsFromString('--interrupt-budget=1000000');
