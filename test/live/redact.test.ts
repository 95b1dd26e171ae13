import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createRedactor } from '../../live/redact.ts';
import { type Results, verdictLines, writeResults } from '../../live/results.ts';

const known = { password: 'hunter2!"\\', bucket: 'my-bucket', pool: undefined, short: 'a' };
const JWT = `eyJ${'h'.repeat(30)}.eyJ${'p'.repeat(90)}.${'s'.repeat(86)}`;
/** Refresh tokens of Cognito are encrypted: five parts. */
const JWE = `eyJ${'h'.repeat(30)}.${'k'.repeat(340)}.${'i'.repeat(16)}.${'c'.repeat(900)}.${'t'.repeat(22)}`;
const SECRET_KEY = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';
const SESSION_TOKEN = `IQoJb3JpZ2luX2VjE${randomBytes(300).toString('base64')}`;
const SIGNATURE = 'f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41';
const OPAQUE = 'v1.MQ5x_0paque-Refresh';

/** Texts that a server or a program can print, and the secrets in them. */
const SAID: readonly (readonly [text: string, ...secrets: readonly string[]])[] = [
  [`a password: ${known.password}`, known.password],
  [`{"token":"${JWT}"}`, JWT, 'ppp', 'sss'],
  [`refreshed with ${JWE}.`, JWE, 'ccc', 'ttt'],
  [`https://d1.cloudfront.net/#eul_${JWT}`, 'ppp', 'sss'],
  [`EDGE_UPLOAD_TOKEN=euk_${JWT}`, 'ppp', 'sss'],
  ['AKIAIOSFODNN7EXAMPLE of 123456789012', 'AKIAIOSFODNN7EXAMPLE', '123456789012'],
  [`aws_secret_access_key = ${SECRET_KEY}`, SECRET_KEY],
  [`the key ${SECRET_KEY}, printed by nobody`, SECRET_KEY],
  [`AWS_SESSION_TOKEN=${SESSION_TOKEN}`, SESSION_TOKEN],
  [`x-amz-security-token: ${SESSION_TOKEN}\nhost: a`, SESSION_TOKEN],
  [`the session ${SESSION_TOKEN} has ended`, SESSION_TOKEN],
  [
    `authorization: AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20261129/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=${SIGNATURE}`,
    SIGNATURE,
    'AKIAIOSFODNN7EXAMPLE',
  ],
  [
    `https://b.s3.amazonaws.com/a?X-Amz-Credential=AKIA%2F2026&X-Amz-Signature=${SIGNATURE}`,
    SIGNATURE,
    '%2F2026',
  ],
  [`Bearer ${OPAQUE}`, OPAQUE],
  [`{"Authorization":"Basic dXNlcjpwYXNz"}`, 'dXNlcjpwYXNz'],
  ['Cookie: session=abc123; other=def456', 'abc123', 'def456'],
  ['set-cookie: XSRF-TOKEN=abc123; Path=/', 'abc123'],
  [`{"access_token": "${OPAQUE}", "refresh_token":"${OPAQUE}"}`, OPAQUE],
  [`{"RefreshToken":"${OPAQUE}","id_token":"${OPAQUE}"}`, OPAQUE],
  ['EDGE_UPLOAD_PASSWORD=Correct-horse-42!', 'Correct-horse-42!'],
  ['{"TemporaryPassword":"Correct-horse-42!"}', 'Correct-horse-42!'],
  [`client_secret=${OPAQUE}&grant_type=authorization_code`, OPAQUE],
  ['otpauth://totp/live?secret=JBSWY3DPEHPK3PXP&issuer=edge', 'JBSWY3DPEHPK3PXP'],
  ['{"SecretCode":"JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"}', 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP'],
  ['{"SRP_A":"9f2c","PASSWORD_CLAIM_SIGNATURE":"c2lnbmF0dXJl"}', 'c2lnbmF0dXJl'],
  ['arn:aws:s3:::my-bucket/a', 'my-bucket'],
  ['s3://my-bucket/a', 'my-bucket'],
];

test('redacts every kind of secret, in results and on the screen', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'edge-upload-redact-'));
  t.after(() => rm(folder, { recursive: true }));
  const redact = createRedactor(known);
  for (const [text, ...secrets] of SAID) {
    const results: Results = {
      at: '2026-11-29T00:00:00.000Z',
      target: 'aws',
      version: '0.1.0',
      verdicts: [
        { name: 'a', claim: 'A.', expected: { is: 1 }, verdict: 'differs', seen: { is: text } },
        { name: 'b', claim: 'B.', expected: {}, verdict: 'not run', reason: text },
      ],
    };
    const file = join(folder, 'results.json');
    await writeResults(file, results, redact);
    const written = await readFile(file, 'utf8');
    JSON.parse(written);
    const shown = verdictLines(results, redact).join('\n');
    for (const secret of secrets) {
      assert.equal(redact(text).includes(secret), false, redact(text));
      assert.equal(written.includes(JSON.stringify(secret).slice(1, -1)), false, written);
      assert.equal(shown.includes(secret), false, shown);
    }
  }
});

test('keeps a redacted text readable', () => {
  const redact = createRedactor(known);
  for (const [text, redacted] of [
    ['s3://my-bucket/a', 's3://<bucket>/a'],
    ['#eul_eyJhbGci.eyJzdWI.c2ln', '#<link or key>'],
    ['missing_token and invalid_token, HTTP 401', 'missing_token and invalid_token, HTTP 401'],
    ['A token with a changed signature is refused.', 'A token with a changed signature is refused.'],
    ['https://cognito-idp.us-east-1.amazonaws.com', 'https://cognito-idp.us-east-1.amazonaws.com'],
  ] as const) {
    assert.equal(redact(text), redacted);
  }
});
