import assert from 'node:assert/strict';
import { test } from 'node:test';
import { REFUSALS, type RefusalCode } from '../../../edge/refusal.ts';
import { problemOfRefusal } from '../../../page/sign-in/signed-in.ts';
import { DE } from '../../../page/texts/de.ts';
import { EN } from '../../../page/texts/en.ts';
import { refusalError, TokenRejected, TransientFailure } from '../../../page/transfer/refusals.ts';
import type { UploadError, UploadErrorCode } from '../../../page/transfer/upload-error.ts';

/** The page's code for each refusal of the edge. A new refusal does not compile until it is added. */
const EXPECTED = {
  bad_header: 'refused',
  bad_key: 'bad_key',
  bad_query: 'refused',
  size_required: 'refused',
  missing_token: 'token_refused',
  invalid_token: 'token_refused',
  opaque_token: 'token_unsuitable',
  unknown_issuer: 'token_untrusted',
  unsupported_algorithm: 'token_unsuitable',
  unsupported_crit: 'token_unsuitable',
  wrong_audience: 'token_unsuitable',
  wrong_client: 'token_unsuitable',
  wrong_token_kind: 'token_unsuitable',
  invalid_claim: 'token_unsuitable',
  missing_expiry: 'token_unsuitable',
  lifetime_too_long: 'token_unsuitable',
  token_expired: 'token_expired',
  token_revoked: 'token_revoked',
  token_not_yet_valid: 'token_early',
  forbidden_caller: 'not_allowed',
  forbidden_group: 'not_allowed',
  forbidden_key: 'forbidden',
  forbidden_origin: 'forbidden',
  not_found: 'refused',
  method_not_allowed: 'refused',
  not_acceptable: 'refused',
  length_required: 'refused',
  too_large: 'too_large',
  internal: 'gave_up',
  keys_unavailable: 'gave_up',
} as const satisfies Record<RefusalCode, UploadErrorCode>;

function errorFor(code: RefusalCode): UploadError {
  const response = { status: REFUSALS[code], text: '', header: () => undefined };
  const error = refusalError({ from: 'edge', code }, response);
  return error instanceof TokenRejected || error instanceof TransientFailure
    ? error.error
    : (error as UploadError);
}

for (const [code, expected] of Object.entries(EXPECTED)) {
  test(`the page has a fitting text for ${code}`, () => {
    const error = errorFor(code as RefusalCode);
    assert.equal(error.code, expected);
    const problem = problemOfRefusal(error.code);
    // After every refusal of a sign-in's token, the page asks to sign in again.
    assert.equal(problem !== undefined, error.code.startsWith('token_'));
    for (const texts of [EN, DE]) {
      for (const text of [texts.errors[error.code], problem === undefined ? undefined : texts[problem]]) {
        // Two sentences: what happened, and what to do next.
        if (text !== undefined) assert.match(text, /^[^.]+\. .+\.$/, code);
      }
    }
  });
}
