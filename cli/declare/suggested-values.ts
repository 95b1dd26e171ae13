const known = new WeakMap<object, readonly string[]>();

/**
 * Adds the values that TAB suggests for an option. Unlike commander's `choices`, they are neither checked nor shown in the
 * help: the command's own error says more.
 */
export function suggesting<Option extends object>(option: Option, values: readonly string[]): Option {
  known.set(option, values);
  return option;
}

export const suggestedValues = (option: object): readonly string[] | undefined => known.get(option);
