import { declarePut } from '../cli/declare/put.ts';
import { runProcess } from './run-process.ts';

// `put` is typed most, and by scripts: it does not load the other commands.
runProcess([declarePut]);
