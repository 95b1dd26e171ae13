import type { CommandGroup } from '../program.ts';
import { EMBEDDED } from './embedded.ts';
import { OPERATORS } from './operators.ts';
import { SHELL } from './shell.ts';
import { UPLOADERS } from './uploaders.ts';

/** All commands, in the order of the help. */
export const COMMAND_GROUPS: readonly CommandGroup[] = [UPLOADERS, OPERATORS, EMBEDDED, SHELL];
