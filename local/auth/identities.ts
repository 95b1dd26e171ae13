import type { AccessKey } from './access-key.ts';

/** Who a request comes from, as bucket policies see it. */
export type Principal =
  | { readonly kind: 'anonymous' }
  | { readonly kind: 'account'; readonly accessKeyId: string }
  | {
      readonly kind: 'service';
      /** Such as `cloudfront.amazonaws.com`. */
      readonly service: string;
      readonly sourceArn: string;
      readonly sourceAccount: string;
    };

export interface Identity {
  readonly secret: string;
  readonly principal: Principal;
  /** Of temporary credentials: what each request must have as `x-amz-security-token`, and when it expires. */
  readonly session?: { readonly token: string; readonly expires: Date };
}

export interface AccountKeys {
  /** The access key of this cloud. */
  readonly accessKey?: AccessKey;
  /** Accepts every key whose secret is the same word, such as `test`/`test`. */
  readonly wellKnownKeys?: boolean;
}

/** Access keys and the principals that they belong to: the account, and the embedded services that sign requests. */
export class Identities {
  readonly #known = new Map<string, Identity>();
  readonly #wellKnownKeys: boolean;

  constructor({ accessKey, wellKnownKeys = false }: AccountKeys = {}) {
    this.#wellKnownKeys = wellKnownKeys;
    if (accessKey !== undefined) {
      this.registerAccountKey(accessKey);
    }
  }

  /** Adds a key of the account for as long as this process lives. */
  registerAccountKey({ accessKeyId, secretAccessKey: secret }: AccessKey): void {
    this.register(accessKeyId, { secret, principal: { kind: 'account', accessKeyId } });
  }

  /** Gives a principal a key for as long as this process lives. */
  register(accessKeyId: string, identity: Identity): void {
    this.#known.set(accessKeyId, identity);
  }

  find(accessKeyId: string): Identity | undefined {
    const known = this.#known.get(accessKeyId);
    if (known !== undefined || !this.#wellKnownKeys) return known;
    return { secret: accessKeyId, principal: { kind: 'account', accessKeyId } };
  }
}
