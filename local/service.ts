import type { Identities } from './auth/identities.ts';
import type { Throttle } from './faults/throttling.ts';
import type { Permissions } from './iam/permissions.ts';
import type { ResourceHandler } from './resource.ts';
import type { HttpHandler } from './wire/http.ts';

/** Options of every service of the cloud. */
export interface ServiceOptions {
  /** Folder of the service's state; one process at a time. */
  readonly dataDir: string;
  readonly now: () => Date;
  readonly identities: Identities;
  /** Absent: nobody is denied anything. */
  readonly permissions?: Permissions;
  /** Absent: no call is throttled. */
  readonly throttle?: Throttle;
}

/** A service with an API of its own. */
export interface Service {
  readonly handle: HttpHandler;
  /** The resource types that templates can create with it. */
  readonly resources: readonly ResourceHandler[];
}
