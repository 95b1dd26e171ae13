import { setFlagsFromString } from 'node:v8';
import { runCached } from './compile-cache.ts';

// Answers are short. Optimizing undici's parser of them (WebAssembly) takes longer than it ever saves, and a process cannot
// end while V8 is at it.
setFlagsFromString('--liftoff-only');

const name = process.argv[2] === 'put' ? 'put' : 'main';

// Node's own modules that every `put` needs: loaded before its code, a small upload takes 6 % less time. From then on, Node 24
// parses its root certificates on another thread.
if (name === 'put') {
  for (const module of ['node:tls', 'node:fs/promises', 'node:timers/promises'])
    process.getBuiltinModule(module);
}

runCached(name);
