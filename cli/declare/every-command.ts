import { EMBEDDED } from './embedded.ts';
import { OPERATORS } from './operators.ts';
import { type CommandGroup, type Declare, declareGroup } from './shared.ts';
import { SHELL } from './shell.ts';
import { UPLOADERS } from './uploaders.ts';

/** In the order of the help. */
const GROUPS: readonly CommandGroup[] = [UPLOADERS, OPERATORS, EMBEDDED, SHELL];

export const EVERY_COMMAND: readonly Declare[] = GROUPS.map(declareGroup);

/** Returns the command of a name alone; all of them, for the help and for suggestions, where none has the name. */
export function commandsFor(name = ''): readonly Declare[] {
  const found = GROUPS.find(({ commands }) => Object.hasOwn(commands, name))?.commands[name];
  return found === undefined ? EVERY_COMMAND : [found];
}
