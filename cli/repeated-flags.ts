export interface Flag {
  readonly flag: string;
  readonly hasValue: boolean;
}

/** `--no-page` is the flag `--page` with another value. */
const flagName = (text: string) => text.replace(/=.*$/s, '').replace(/^--no-/, '--');

/** Returns arguments without some flags and their values. */
export function withoutFlags(argv: readonly string[], flags: readonly Flag[]): readonly string[] {
  const hasValue = new Map(flags.map((one) => [flagName(one.flag), one.hasValue]));
  const end = argv.indexOf('--');
  const isFlag = (one: string | undefined, at: number) =>
    one !== undefined && (end < 0 || at < end) && one.startsWith('--') && hasValue.has(flagName(one));
  return argv.filter((one, at) => {
    if (isFlag(one, at)) return false;
    const before = argv[at - 1];
    return !(
      isFlag(before, at - 1) &&
      hasValue.get(flagName(before ?? '')) &&
      !/=|^--no-/.test(before ?? '')
    );
  });
}
