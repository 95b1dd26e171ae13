import { setFlagsFromString } from 'node:v8';
import { runCached } from './compile-cache.ts';
import { boundYoungObjects } from './young-objects.ts';

const name = process.argv[2] === 'put' ? 'put' : 'main';

/** Node's own modules that most commands need. */
const MODULES = ['node:tls', 'node:fs/promises', 'node:timers/promises', 'node:readline'];

// Node has compiled its modules beforehand, but V8 refuses compiled code after a change of flags. So they are loaded first: a
// small upload takes 8 % less processor time. From the loading of TLS on, Node 24 parses its root certificates on another thread.
for (const module of MODULES) process.getBuiltinModule(module);

// Responses are short. Optimizing undici's parser (WebAssembly) takes longer than it saves, and a process cannot end during
// it.
setFlagsFromString('--liftoff-only');
if (name === 'put') boundYoungObjects();

runCached(name);
