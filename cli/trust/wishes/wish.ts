import type { Condition, Rule } from '../../../protocol/upload-rule.ts';
import type { PresetName } from '../presets.ts';

/** What `trust <provider>` asks for: whose tokens, and which of them. */
export interface Wish {
  readonly preset: PresetName;
  /** Issuers of one organisation, the first one preferred. */
  readonly iss: readonly string[];
  /** If not the preset's. */
  readonly token?: 'access' | 'id';
  /** Conditions that follow from the command line. `--when` adds others. */
  readonly when: readonly Condition[];
  /** What the rule accepts in words, as it is kept. */
  readonly whole?: Pick<Rule, 'anyRepository' | 'anyProject'>;
  /** What ids among the conditions stand for, such as `acme/app`. */
  readonly note?: string;
}

export const condition = (claim: string, ...is: readonly string[]): Condition => ({ claim: [claim], is });

/** Returns a condition for values that were given; none otherwise. */
export const ifGiven = (claim: string, values: readonly string[] = []): readonly Condition[] =>
  values.length === 0 ? [] : [condition(claim, ...values)];

const UUID = /^[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12}$/i;

/** Whether text is a UUID, as tenants and organisations have. */
export function isUuid(text: string): boolean {
  return UUID.test(text);
}

/** Returns a host or address as an https address without a slash at its end. */
export function httpsAddress(typed: string): string {
  const address = typed.trim().replace(/\/+$/, '');
  return /^[a-z][a-z\d+.-]*:\/\//i.test(address) ? address : `https://${address}`;
}
