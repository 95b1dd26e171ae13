import { declareEmbedded } from './embedded.ts';
import { declareOperators } from './operators.ts';
import type { Declare } from './shared.ts';
import { declareShell } from './shell.ts';
import { declareUploaders } from './uploaders.ts';

/** All commands, in the order of the help. */
export const EVERY_COMMAND: readonly Declare[] = [
  declareUploaders,
  declareOperators,
  declareEmbedded,
  declareShell,
];
