import type { EdgeIssuer } from '../../edge/config.ts';
import type { RefusalCode } from '../../edge/refusal.ts';
import { isLoopback } from '../../protocol/object-url.ts';
import { command, type HintLine } from '../command-line.ts';
import { presetLines } from './describe-issuer.ts';
import { presetOf } from './presets.ts';

function setUp(issuer: EdgeIssuer | undefined, edge?: string): HintLine[] {
  const preset = issuer && presetOf(issuer);
  return preset === undefined ? [] : presetLines(preset, edge);
}

/** Whether an audience is another spelling of the same address, or another name of this computer. */
function isAlike(audience: unknown, origin: string): boolean {
  if (typeof audience !== 'string' || audience === origin || !URL.canParse(audience)) return false;
  const [one, other] = [new URL(audience), new URL(origin)];
  if (one.pathname !== '/' || one.search !== '' || one.port !== other.port) return false;
  return one.hostname === other.hostname || (isLoopback(one.hostname) && isLoopback(other.hostname));
}

/** Returns hints for an audience that is similar to the address of the edge. */
function alikeHints(aud: unknown, edge: string | undefined): string[] {
  const alike = edge === undefined ? undefined : [aud].flat().find((one) => isAlike(one, edge));
  if (edge === undefined || alike === undefined) return [];
  return [
    `Audiences are compared exactly, and ${String(alike).slice(0, 300)} is not the address of the edge.`,
    'Ask for a token for this audience:',
    `  ${edge}`,
  ];
}

interface RefusedToken {
  readonly issuer?: EdgeIssuer | undefined;
  readonly iss?: unknown;
  readonly aud?: unknown;
  /** Host of the edge. */
  readonly domain?: string | undefined;
}

/** Returns what to change after a refusal, at the provider or at the deployment. */
export function checkHints(
  code: RefusalCode,
  { issuer, iss, aud, domain }: RefusedToken,
): readonly HintLine[] {
  const alias = issuer?.alias ?? '<alias>';
  const edge = domain === undefined ? undefined : `https://${domain}`;
  const alike = alikeHints(aud, edge);
  switch (code) {
    case 'unknown_issuer':
      return [
        typeof iss === 'string' ? `The token's issuer is ${iss.slice(0, 300)}` : 'The token names no issuer.',
        'To trust it:',
        command`edge-upload trust --help`,
      ];
    case 'wrong_audience':
      return [
        ...alike,
        ...setUp(issuer, alike.length === 0 ? edge : undefined),
        'Or accept another audience:',
        command`edge-upload trust <provider> … --alias ${alias} --audience <value>`,
      ];
    case 'wrong_client':
      return ['The client of the deployment is the one that edge-upload signs in with.'];
    case 'wrong_token_kind':
      return [
        ...setUp(issuer),
        'Or accept the other kind:',
        command`edge-upload trust <provider> … --alias ${alias} --token <access|id>`,
      ];
    case 'lifetime_too_long':
      return ['The limit is maxAge of the issuer in:', command`edge-upload trust list --yaml`];
    case 'forbidden_caller':
    case 'forbidden_group':
      return [
        'Add a rule that matches:',
        command`edge-upload trust <provider> … --when <claim=value> --write-to <prefix>`,
      ];
    case 'token_expired':
      return ['Check a fresh token. Those of CI jobs are valid for minutes.'];
    case 'keys_unavailable':
      return ['The provider does not return its keys. Check without --verify, or try again.'];
    default:
      return [];
  }
}
