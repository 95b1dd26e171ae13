import { runCached } from './compile-cache.ts';

/* The entry of the embedded cloud's process, `local/main.ts`. */
runCached('cloud');
