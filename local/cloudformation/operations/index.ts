import { changeSets } from './change-sets.ts';
import { describe } from './describe.ts';
import { drift } from './drift.ts';
import { stacks } from './stacks.ts';
import { templates } from './templates.ts';

/** The supported operations by the name of the action. */
export const OPERATIONS = { ...changeSets, ...describe, ...drift, ...stacks, ...templates };
