import { kindOf } from './kinds.ts';
import type { OptionName } from './option-kind.ts';
import { isLogo } from './page-logo.ts';

/**
 * Whether a value of an option is valid. Logos are checked here, because every command loads kinds.ts and would load
 * the XML parser with it.
 */
export function isValidOption(option: OptionName, value: unknown): boolean {
  return kindOf(option).isValid(value) && (option !== 'pageLogo' || isLogo(String(value)));
}
