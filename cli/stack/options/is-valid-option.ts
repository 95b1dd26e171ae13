import { kindOf } from './kinds.ts';
import type { OptionName } from './option-kind.ts';
import { isLogo } from './page-logo.ts';

/**
 * Returns whether a value of an option is one that a deployment keeps. Logos are checked here and not in kinds.ts: every
 * command loads kinds.ts at its start, and would load the XML parser with it.
 */
export function isValidOption(option: OptionName, value: unknown): boolean {
  return kindOf(option).isValid(value) && (option !== 'pageLogo' || isLogo(String(value)));
}
