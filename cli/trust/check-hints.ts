import type { EdgeIssuer } from '../../edge/config.ts';
import type { RefusalCode } from '../../edge/refusal.ts';
import { presetOf } from './presets.ts';

function atProvider(issuer: EdgeIssuer | undefined): string[] {
  const preset = issuer && presetOf(issuer);
  return preset === undefined ? [] : [`At ${preset.title}:`, ...preset.notes.map((note) => `  ${note}`)];
}

/** What to change after a refusal: at the provider, or at the deployment. */
export function checkHints(code: RefusalCode, issuer: EdgeIssuer | undefined, iss: unknown): string[] {
  const alias = issuer?.alias ?? '<alias>';
  switch (code) {
    case 'unknown_issuer':
      return [
        typeof iss === 'string' ? `The token's issuer is ${iss.slice(0, 300)}` : 'The token names no issuer.',
        'If it is one to trust: edge-upload trust --help',
      ];
    case 'wrong_audience':
      return [
        ...atProvider(issuer),
        'Or accept another audience:',
        `  edge-upload trust <provider> … --alias ${alias} --audience <value>`,
      ];
    case 'wrong_client':
      return ['The client of the deployment is the one that edge-upload login signs in with.'];
    case 'wrong_token_kind':
      return [
        ...atProvider(issuer),
        'Or accept the other kind:',
        `  edge-upload trust <provider> … --alias ${alias} --token access|id`,
      ];
    case 'lifetime_too_long':
      return ['The limit is maxAge of the issuer in: edge-upload trust list --yaml'];
    case 'forbidden_caller':
    case 'forbidden_group':
      return [
        'Add a rule that fits:',
        '  edge-upload trust <provider> … --when <claim=value> --write-to <prefix>',
      ];
    case 'token_expired':
      return ['Check a fresh token. Those of CI jobs are valid for minutes.'];
    case 'keys_unavailable':
      return ['The provider does not answer with its keys. Check without --verify, or try again.'];
    default:
      return [];
  }
}
