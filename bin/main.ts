import { COMMAND_GROUPS } from '../cli/declare/command-groups.ts';
import { commandsFor } from '../cli/program.ts';
import { runProcess } from './run-process.ts';

runProcess(commandsFor(COMMAND_GROUPS, process.argv[2]));
