import type { Condition, Rule } from '../../../protocol/upload-rule.ts';
import type { PresetName } from '../presets.ts';

/** The issuers and conditions that `trust <provider>` requests. */
export interface TrustRequest {
  readonly preset: PresetName;
  /** Issuers of one organisation, the first one preferred. */
  readonly iss: readonly string[];
  /** Default: the preset's. */
  readonly token?: 'access' | 'id';
  /** Conditions from the provider's own flags. `--when` adds others. */
  readonly when: readonly Condition[];
  /** Explicit consent to a rule for all repositories or projects of an owner. */
  readonly whole?: Pick<Rule, 'anyRepository' | 'anyProject'>;
  /** The name behind ids in the conditions, such as `acme/app`. */
  readonly note?: string;
}

export const condition = (claim: string, ...is: readonly string[]): Condition => ({ claim: [claim], is });

/** Returns a condition if values are given, otherwise none. */
export const ifGiven = (claim: string, values: readonly string[] = []): readonly Condition[] =>
  values.length === 0 ? [] : [condition(claim, ...values)];

const UUID = /^[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12}$/i;

export function isUuid(text: string): boolean {
  return UUID.test(text);
}

/** Returns a host or address as an https address without a trailing slash. */
export function httpsAddress(typed: string): string {
  const address = typed.trim().replace(/\/+$/, '');
  return /^[a-z][a-z\d+.-]*:\/\//i.test(address) ? address : `https://${address}`;
}
