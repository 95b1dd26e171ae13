import { sign as signWith, verify as verifyWith } from 'node:crypto';
import { changed, flag, oneOf, required, type Shape, text, withDefault } from '../shape.ts';
import { AwsError } from '../wire/errors.ts';
import { keyOperation, validation } from './operation.ts';
import { ALGORITHM, KEY_SPEC, KEY_USAGE, OTHER_ALGORITHMS } from './specs.ts';
import { keyArn, keyPairOf } from './store.ts';

/** Base64 of 1 to `max` bytes. Errors do not repeat the value. */
function blob(max: number): Shape<Buffer> {
  // Longer text is refused before it is decoded.
  const whole = text({ max: Math.ceil(max / 3) * 4 + 4 });
  return changed(whole, (value, place) => {
    const bytes = Buffer.from(value, 'base64');
    if (bytes.toString('base64') !== value) {
      throw new AwsError('SerializationException', `${place} is not base64`);
    }
    const [bound, limit] = bytes.length === 0 ? ['greater', 1] : ['less', max];
    if (bytes.length > 0 && bytes.length <= max) return bytes;
    throw validation(
      `1 validation error detected: Value at '${place}' failed to satisfy constraint: Member must have length ${bound} than or equal to ${limit}`,
    );
  });
}

const MESSAGE_TYPES = ['RAW', 'DIGEST', 'EXTERNAL_MU'] as const;

/** The members that Sign and Verify share. */
const fields = {
  Message: required(blob(4096)),
  MessageType: withDefault(oneOf(MESSAGE_TYPES), 'RAW'),
  SigningAlgorithm: required(
    oneOf([ALGORITHM, ...OTHER_ALGORITHMS], { notSupported: ['ED25519_PH_SHA_512'] }),
  ),
  DryRun: withDefault(flag(), false),
};

interface Request {
  readonly MessageType: (typeof MESSAGE_TYPES)[number];
  readonly SigningAlgorithm: string;
  readonly DryRun: boolean;
}

/** Ed25519 hashes the message itself: https://docs.aws.amazon.com/kms/latest/APIReference/API_Sign.html */
function refuseUnfit({ MessageType, SigningAlgorithm, DryRun }: Request): void {
  if (SigningAlgorithm !== ALGORITHM) {
    throw new AwsError(
      'InvalidKeyUsageException',
      `Algorithm ${SigningAlgorithm} is incompatible with key spec ${KEY_SPEC}.`,
    );
  }
  if (MessageType !== 'RAW') {
    throw validation(`Message type ${MessageType} is incompatible with algorithm ${ALGORITHM}.`);
  }
  if (DryRun) {
    throw new AwsError(
      'DryRunOperationException',
      'The request would have succeeded, but the DryRun option is set.',
    );
  }
}

export const signing = {
  GetPublicKey: keyOperation({
    states: ['Enabled'],
    fields: {},
    run: (_kms, key) => ({
      KeyId: keyArn(key.id),
      PublicKey: keyPairOf(key).publicKey.export({ format: 'der', type: 'spki' }).toString('base64'),
      CustomerMasterKeySpec: KEY_SPEC,
      KeySpec: KEY_SPEC,
      KeyUsage: KEY_USAGE,
      SigningAlgorithms: [ALGORITHM],
    }),
  }),
  Sign: keyOperation({
    states: ['Enabled'],
    fields,
    run(_kms, key, input) {
      refuseUnfit(input);
      const signature = signWith(null, input.Message, keyPairOf(key).privateKey);
      return { KeyId: keyArn(key.id), Signature: signature.toString('base64'), SigningAlgorithm: ALGORITHM };
    },
  }),
  Verify: keyOperation({
    states: ['Enabled'],
    fields: { ...fields, Signature: required(blob(6144)) },
    run(_kms, key, input) {
      refuseUnfit(input);
      if (!verifyWith(null, input.Message, keyPairOf(key).publicKey, input.Signature)) {
        throw new AwsError('KMSInvalidSignatureException', 'The signature is not valid.');
      }
      return { KeyId: keyArn(key.id), SignatureValid: true, SigningAlgorithm: ALGORITHM };
    },
  }),
};
