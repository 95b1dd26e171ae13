import { EVERY_COMMAND } from '../cli/declare/every-command.ts';
import { runProcess } from './run-process.ts';

runProcess(EVERY_COMMAND);
