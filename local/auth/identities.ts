import { accountSecret } from '../account.ts';

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
}

/** Access keys and whom they stand for: the account's own, and those that an embedded service signs with. */
export class Identities {
  readonly #services = new Map<string, Identity>();

  /** Gives a service principal a key of its own for as long as this process lives. */
  register(accessKeyId: string, identity: Identity): void {
    this.#services.set(accessKeyId, identity);
  }

  find(accessKeyId: string): Identity {
    return (
      this.#services.get(accessKeyId) ?? {
        secret: accountSecret(accessKeyId),
        principal: { kind: 'account', accessKeyId },
      }
    );
  }
}
