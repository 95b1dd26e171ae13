import { declarePut } from '../cli/declare/put.ts';
import { runProcess } from './run-process.ts';

// `put` is the most frequent command, also in scripts: it does not load the other commands.
runProcess([declarePut]);
