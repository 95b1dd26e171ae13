import type { Context, Result } from '../../context.ts';
import { UserError } from '../../errors.ts';
import { withoutIssuer } from '../../trust/merge-issuer.ts';
import type { ApplyArgs } from '../deploy.ts';
import { applyTrust } from './apply.ts';

export interface RemoveArgs extends ApplyArgs {
  readonly alias: string;
  /** Number of one rule, from 1. */
  readonly rule?: string;
}

/** Removes a trusted issuer, or one of its rules. */
export async function remove(context: Context, { alias, rule, ...args }: RemoveArgs): Promise<Result> {
  if (rule !== undefined && !/^[1-9]\d{0,3}$/.test(rule)) {
    throw new UserError('usage', `Invalid value for --rule: “${rule}”. Use a number that trust show prints.`);
  }
  return applyTrust(context, args, async (trusted) =>
    withoutIssuer(trusted, alias, rule === undefined ? undefined : Number(rule)),
  );
}
