import { AsyncLocalStorage } from 'node:async_hooks';
import { randomBytes } from 'node:crypto';
import { ACCOUNT_ID } from '../account.ts';
import { newAccessKey } from '../auth/access-key.ts';
import type { Identities } from '../auth/identities.ts';
import type { HttpHandler } from '../wire/http.ts';
import type { Role } from './roles.ts';

/** An assumed role, until its credentials expire. */
interface Session {
  readonly roleName: string;
  readonly arn: string;
  /** `<role id>:<session name>`. */
  readonly userId: string;
}

interface SessionCredentials {
  readonly AccessKeyId: string;
  readonly SecretAccessKey: string;
  readonly SessionToken: string;
  readonly Expiration: Date;
}

const ACCESS_KEY = /Credential=([^/,\s]+)\//;

/** Sessions of roles. They end with the process. A request belongs to the session whose key it names. */
export class RoleSessions {
  readonly #identities: Identities;
  readonly #sessions = new Map<string, Session>();
  readonly #current = new AsyncLocalStorage<Session | undefined>();

  constructor(identities: Identities) {
    this.#identities = identities;
  }

  open(
    { name, id }: Role,
    sessionName: string,
    expires: Date,
  ): { readonly session: Session; readonly credentials: SessionCredentials } {
    const { accessKeyId, secretAccessKey: secret } = newAccessKey();
    const AccessKeyId = accessKeyId.replace('AKIA', 'ASIA');
    const token = randomBytes(96).toString('base64');
    const session = {
      roleName: name,
      arn: `arn:aws:sts::${ACCOUNT_ID}:assumed-role/${name}/${sessionName}`,
      userId: `${id}:${sessionName}`,
    };
    this.#sessions.set(AccessKeyId, session);
    const principal = { kind: 'account', accessKeyId: AccessKeyId } as const;
    this.#identities.register(AccessKeyId, { secret, principal, session: { token, expires } });
    const credentials = { AccessKeyId, SecretAccessKey: secret, SessionToken: token, Expiration: expires };
    return { session, credentials };
  }

  /** Returns the session of the current request. Operations that it starts belong to the session too. */
  current(): Session | undefined {
    return this.#current.getStore();
  }

  /** Runs each request in the session whose key it names. The handler verifies the signature. */
  within(handler: HttpHandler): HttpHandler {
    return (request) => {
      const accessKeyId = ACCESS_KEY.exec(request.headers.authorization ?? '')?.[1] ?? '';
      return this.#current.run(this.#sessions.get(accessKeyId), () => handler(request));
    };
  }
}
