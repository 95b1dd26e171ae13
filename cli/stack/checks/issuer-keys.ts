import type { EdgeIssuer } from '../../../edge/config.ts';
import type { StackOptions, TrustedIssuer } from '../../../infra/options.ts';
import { command } from '../../command-line.ts';
import { isUserError, UserError } from '../../errors.ts';
import type { JsonValue } from '../../json-value.ts';
import { ruleSentence } from '../../trust/describe-issuer.ts';
import type { StackWork } from '../find-stack.ts';
import { readOptions } from '../options/deployed-options.ts';
import { fetchTrustedKeys, keysIn } from '../template/key-sets.ts';
import { bakedConfig } from '../template/template.ts';
import type { Check, StackSnapshot } from './check.ts';

/** A trusted issuer's keys in the edge, and the keys that it publishes now. */
export interface IssuerKeys {
  readonly issuer: TrustedIssuer;
  /** Ids of the keys in the deployed function. */
  readonly baked: readonly string[];
  /** Absent if the key set is unreachable. */
  readonly live?: readonly string[];
  /** Why the key set is unreachable. */
  readonly reason?: string;
}

/** Compares the keys of each trusted issuer with those in the deployed template. */
export function compareKeys(
  work: StackWork,
  { trust = [] }: StackOptions,
  deployed: string,
): Promise<IssuerKeys[]> {
  const config = bakedConfig(deployed);
  const kids = (keys: EdgeIssuer['keys'] = []) => keys.map(({ kid }) => kid);
  return Promise.all(
    trust.map(async (issuer) => {
      const known = { issuer, baked: kids(keysIn(config, issuer.alias)) };
      try {
        return { ...known, live: kids(await fetchTrustedKeys(work, issuer)) };
      } catch (error) {
        if (!isUserError(error) || error.code === 'interrupted') throw error;
        return { ...known, reason: error.message };
      }
    }),
  );
}

/** Describes the difference, with the command that fixes it. */
function keysWords({ baked, live, reason = '' }: IssuerKeys): string {
  if (live === undefined)
    return `${reason} If the edge cannot reach the issuer either, it cannot follow a rotation of its keys.`;
  const added = live.filter((kid) => !baked.includes(kid));
  const gone = baked.filter((kid) => !live.includes(kid));
  const changes = [
    ...(added.length === 0 ? [] : [`new: ${added.join(', ')}`]),
    ...(gone.length === 0 ? [] : [`withdrawn: ${gone.join(', ')}`]),
  ];
  if (changes.length === 0) return `keys ${live.join(', ')}, as deployed`;
  const until =
    gone.length === 0 ? '' : '. Until then, the edge can accept tokens signed with withdrawn keys';
  return `keys changed (${changes.join('; ')}); the next deploy renews them${until}`;
}

/** Returns the rows of `status` for each issuer: its address, its rules and its keys. */
export function issuerRows(compared: readonly IssuerKeys[]): (readonly [string, string])[] {
  return compared.flatMap((one) => [
    [`trust ${one.issuer.alias}`, one.issuer.iss.join(' or ')] as const,
    ...one.issuer.rules.map((rule) => ['', ruleSentence(one.issuer, rule)] as const),
    [`keys ${one.issuer.alias}`, keysWords(one)] as const,
  ]);
}

/** Returns the issuers for a result's JSON document. */
export function issuersJson(compared: readonly IssuerKeys[]): JsonValue {
  const documents = compared.map(({ issuer, baked, live = null, reason = null }) => ({
    ...issuer,
    keys: { baked, live, reason },
  }));
  return JSON.parse(JSON.stringify(documents)) as JsonValue;
}

/** Checks that the key sets of trusted issuers are reachable and equal to those in the edge. */
export function issuersCheck(work: StackWork, snapshot: StackSnapshot): Check {
  return {
    name: 'issuers',
    run: async () => {
      const deployed = await snapshot.template();
      if (deployed === undefined) return { skipped: 'there is no stack' };
      const options = readOptions(deployed);
      const compared = await compareKeys(work, options, deployed);
      if (compared.length === 0 && options.userPool === false && options.signing === undefined) {
        throw new UserError('usage', 'Nobody can upload: the edge has no user pool, and trusts no issuer.', {
          hint: ['Trust an identity provider or a CI system:', command`edge-upload trust --help`],
        });
      }
      if (compared.length === 0) return { skipped: 'no trusted issuers' };
      for (const one of compared) {
        if (one.live === undefined) work.context.ui.event({ type: 'warning', text: keysWords(one) });
        else if (one.baked.some((kid) => !one.live?.includes(kid))) {
          const text = [
            `${one.issuer.alias} withdrew keys that the edge has. To renew them:`,
            command`edge-upload deploy`,
          ];
          work.context.ui.event({ type: 'warning', text });
        }
      }
      const words = compared.map((one) => `${one.issuer.alias}: ${keysWords(one)}`);
      return compared.every(({ live }) => live === undefined)
        ? { skipped: words.join('; ') }
        : { found: words.join('; ') };
    },
  };
}
