import { setFlagsFromString } from 'node:v8';
import { runCached } from './compile-cache.ts';

// Answers are short. Optimizing undici's parser of them (WebAssembly) takes longer than it ever saves, and a process cannot
// end while V8 is at it.
setFlagsFromString('--liftoff-only');

runCached(process.argv[2] === 'put' ? 'put' : 'main');
