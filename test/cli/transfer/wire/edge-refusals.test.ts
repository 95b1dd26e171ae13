import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { type ErrorCode, UserError } from '../../../../cli/errors.ts';
import { REFUSALS, type RefusalCode } from '../../../../edge/refusal.ts';
import { testContext } from '../../../support/context.ts';
import { respondJson } from '../helpers/edge.ts';
import { ownEdge, ownFolder, tokensOf, upload } from '../helpers/uploading.ts';

/** The error of `put` and `watch` for each refusal of the edge. A new refusal does not compile until it is added. */
const EXPECTED = {
  bad_header: ['refused_by_edge', /older than this edge-upload/],
  bad_key: ['bad_key', /--as or --prefix/],
  bad_query: ['refused_by_edge', /older/],
  size_required: ['refused_by_edge', /older/],
  missing_token: ['token_refused', /^Sign in again:\n.*login$/],
  invalid_token: ['token_refused', /^Sign in again:\n.*login$/],
  opaque_token: ['token_refused', /trust check/],
  unknown_issuer: ['token_refused', /trust list/],
  unsupported_algorithm: ['token_refused', /trust check/],
  unsupported_crit: ['token_refused', /trust check/],
  wrong_audience: ['token_refused', /trust check/],
  wrong_client: ['token_refused', /trust check/],
  wrong_token_kind: ['token_refused', /trust check/],
  invalid_claim: ['token_refused', /trust check/],
  missing_expiry: ['token_refused', /trust check/],
  lifetime_too_long: ['token_refused', /trust check/],
  token_expired: ['token_refused', /^Sign in again:\n.*login$/],
  token_revoked: ['token_refused', /^Sign in again:\n.*login$/],
  token_not_yet_valid: ['token_refused', /in a few minutes/],
  forbidden_caller: ['forbidden', /whoami/],
  forbidden_group: ['forbidden', /user groups/],
  forbidden_key: ['forbidden', /whoami/],
  forbidden_origin: ['forbidden', /whoami/],
  not_found: ['refused_by_edge', /older/],
  method_not_allowed: ['refused_by_edge', /proxy or a redirect/],
  not_acceptable: ['refused_by_edge', /older/],
  length_required: ['refused_by_edge', /NO_PROXY/],
  too_large: ['too_large', /larger limit/],
  internal: ['gave_up', /again later/],
  keys_unavailable: ['gave_up', /again later/],
} as const satisfies Record<RefusalCode, readonly [ErrorCode, RegExp]>;

test('every refusal of the edge has an error and a next step', async (t) => {
  for (const [name, [code, hint]] of Object.entries(EXPECTED)) {
    const edge = await ownEdge(t, (request, response) => {
      request.resume();
      respondJson(response, REFUSALS[name as RefusalCode], name);
      return true;
    });
    const cwd = await ownFolder(t);
    await writeFile(join(cwd, 'f'), 'bytes');
    const context = testContext({ cwd, home: cwd });
    const tokens = tokensOf('good', 'another', 'third');
    const error: unknown = await upload(t, context, edge.url, { files: ['f'] }, { tokens }).catch(
      (problem: unknown) => problem,
    );
    assert.ok(error instanceof UserError, name);
    assert.equal(error.code, code, name);
    assert.match(error.message, new RegExp(`\\b${name}\\b`));
    assert.match(error.hint ?? '', hint, name);
  }
});
