import assert from 'node:assert/strict';
import { createHash, createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { createSrpSession, signSrpSession } from 'cognito-srp-helper';
import { claimTimestamp, startSrp } from '../../protocol/srp.ts';

const POOL = 'us-east-1_AbCdEf123';

/** RFC 5054, appendix A: the 3072-bit group. */
const RFC5054_3072 = BigInt(
  `0x${`FFFFFFFF FFFFFFFF C90FDAA2 2168C234 C4C6628B 80DC1CD1 29024E08
  8A67CC74 020BBEA6 3B139B22 514A0879 8E3404DD EF9519B3 CD3A431B
  302B0A6D F25F1437 4FE1356D 6D51C245 E485B576 625E7EC6 F44C42E9
  A637ED6B 0BFF5CB6 F406B7ED EE386BFB 5A899FA5 AE9F2411 7C4B1FE6
  49286651 ECE45B3D C2007CB8 A163BF05 98DA4836 1C55D39A 69163FA8
  FD24CF5F 83655D23 DCA3AD96 1C62F356 208552BB 9ED52907 7096966D
  670C354E 4ABC9804 F1746C08 CA18217C 32905E46 2E36CE3B E39E772C
  180E8603 9B2783A2 EC07A28F B5C55DF0 6F4C52C9 DE2BCBF6 95581718
  3995497C EA956AE5 15D22618 98FA0510 15728E5A 8AAAC42D AD33170D
  04507A33 A85521AB DF1CBA64 ECFB8504 58DBEF0A 8AEA7157 5D060C7D
  B3970F85 A6E1E4C7 ABF5AE8C DB0933D7 1E8C94E0 4A25619D CEE3D226
  1AD2EE6B F12FFA06 D98A0864 D8760273 3EC86A64 521F2B18 177B200C
  BBE11757 7A615D6C 770988C0 BAD946E2 08E24FA0 74E5AB31 43DB5BFC
  E0FD108E 4B82D120 A93AD2CA FFFFFFFF FFFFFFFF`.replace(/\s/g, '')}`,
);

function randomNumber(bytes: number): bigint {
  return BigInt(`0x${randomBytes(bytes).toString('hex')}`);
}

/** Returns the signature of the independent cognito-srp-helper for the same secret and challenge. */
function helperSignature(
  secret: Buffer,
  publicValue: string,
  { userId, password }: { userId: string; password: string },
  challenge: { salt: string; publicValue: string; secretBlock: string },
  timestamp: string,
): string {
  const session = createSrpSession('typed', password, POOL, false);
  const signed = signSrpSession(
    { ...session, smallA: secret.toString('hex'), largeA: publicValue, timestamp },
    {
      ChallengeName: 'PASSWORD_VERIFIER',
      ChallengeParameters: {
        SALT: challenge.salt,
        SRP_B: challenge.publicValue,
        SECRET_BLOCK: challenge.secretBlock,
        USER_ID_FOR_SRP: userId,
      },
    },
  );
  return signed.passwordSignature;
}

test('computes the signature of an independent implementation for any numbers', async () => {
  const timestamp = claimTimestamp(new Date('2026-11-05T03:04:05Z'));
  for (let round = 0; round < 10; round += 1) {
    const secret = randomBytes(32);
    const client = startSrp(secret);
    // Padding errors appear with short salts, and with values whose first byte is zero or has its first bit set.
    const challenge = {
      salt: randomNumber(1 + (round % 16)).toString(16),
      publicValue: (randomNumber(380 + (round % 5)) % RFC5054_3072).toString(16),
      secretBlock: randomBytes(64).toString('base64'),
    };
    const account = { userId: `user-${round}-ä`, password: `pässwörd ${round} :€` };
    assert.equal(
      await client.sign({ userPoolId: POOL, ...account }, challenge, timestamp),
      helperSignature(secret, client.publicValue, account, challenge, timestamp),
    );
  }
});

test('computes the public value in the group of RFC 5054', () => {
  assert.equal(startSrp(Buffer.from([5])).publicValue, '20');
  const exponent = Buffer.alloc(385);
  exponent[0] = 1;
  // 2 ** (2 ** 3072) mod N, by squaring 3072 times.
  let expected = 2n;
  for (let time = 0; time < 3072; time += 1) expected = (expected * expected) % RFC5054_3072;
  assert.equal(startSrp(exponent).publicValue, expected.toString(16));
});

test('uses another secret in each exchange', () => {
  assert.notEqual(startSrp().publicValue, startSrp().publicValue);
});

test('agrees on a key only with a server that has the verifier', async () => {
  const client = startSrp();
  const N = RFC5054_3072;
  const bytes = (value: bigint) => {
    const hex = value.toString(16);
    const even = hex.length % 2 === 0 ? hex : `0${hex}`;
    return Buffer.from(/^[89a-f]/.test(even) ? `00${even}` : even, 'hex');
  };
  const sha = (...parts: Buffer[]) => createHash('sha256').update(Buffer.concat(parts)).digest();
  const number = (buffer: Buffer) => BigInt(`0x${buffer.toString('hex')}`);
  const power = (base: bigint, exponent: bigint) => {
    let result = 1n;
    for (const bit of exponent.toString(2)) {
      result = (result * result) % N;
      if (bit === '1') result = (result * base) % N;
    }
    return result;
  };
  const salt = randomNumber(16);
  const verifierOf = (password: string) =>
    power(2n, number(sha(bytes(salt), sha(Buffer.from(`AbCdEf123ada:${password}`)))));
  const secretBlock = randomBytes(40);
  const timestamp = 'Thu Nov 5 03:04:05 UTC 2026';
  const serverSignature = (verifier: bigint, b: bigint, B: bigint) => {
    const A = BigInt(`0x${client.publicValue}`);
    const u = number(sha(bytes(A), bytes(B)));
    const S = power((A * power(verifier, u)) % N, b);
    const key = Buffer.from(hkdfSync('sha256', bytes(S), bytes(u), 'Caldera Derived Key', 16));
    return createHmac('sha256', key)
      .update('AbCdEf123ada')
      .update(secretBlock)
      .update(timestamp)
      .digest('base64');
  };
  const k = number(sha(bytes(N), bytes(2n)));
  const b = randomNumber(32);
  const verifier = verifierOf('correct horse');
  const B = (k * verifier + power(2n, b)) % N;
  const sign = (password: string) =>
    client.sign(
      { userPoolId: POOL, userId: 'ada', password },
      { salt: salt.toString(16), publicValue: B.toString(16), secretBlock: secretBlock.toString('base64') },
      timestamp,
    );
  assert.equal(await sign('correct horse'), serverSignature(verifier, b, B));
  assert.notEqual(await sign('wrong horse'), serverSignature(verifier, b, B));
});

test('refuses numbers that would help a dishonest server', async () => {
  const client = startSrp();
  const account = { userPoolId: POOL, userId: 'ada', password: 'secret' };
  const sign = (publicValue: string, salt = 'ab', secretBlock = 'AA==') =>
    client.sign(account, { salt, publicValue, secretBlock }, 'now');
  for (const value of ['0', '000', RFC5054_3072.toString(16), (2n * RFC5054_3072).toString(16)]) {
    await assert.rejects(sign(value), RangeError);
  }
  await assert.rejects(sign('xyz'), RangeError);
  await assert.rejects(sign(''), RangeError);
  await assert.rejects(sign('ab', 'salt'), RangeError);
  for (const block of ['', '*', 'A', 'AA=A']) await assert.rejects(sign('ab', 'ab', block), RangeError);
});

test('formats the time in UTC and English, the day without a leading zero', () => {
  assert.equal(claimTimestamp(new Date('2026-09-05T00:00:09.999Z')), 'Sat Sep 5 00:00:09 UTC 2026');
  assert.equal(claimTimestamp(new Date('2026-12-31T23:59:59Z')), 'Thu Dec 31 23:59:59 UTC 2026');
  assert.equal(claimTimestamp(new Date('2028-02-29T12:30:00+05:30')), 'Tue Feb 29 07:00:00 UTC 2028');
});
