import { commandsFor } from '../cli/declare/every-command.ts';
import { runProcess } from './run-process.ts';

runProcess(commandsFor(process.argv[2]));
