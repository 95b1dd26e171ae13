import { join } from 'node:path';
import { JsonFile } from '../json-file.ts';
import type {
  StoredAccessControl,
  StoredDistribution,
  StoredOriginRequestPolicy,
  StoredResponseHeadersPolicy,
} from './model.ts';

export interface CloudFrontState {
  readonly distributions: Readonly<Record<string, StoredDistribution>>;
  readonly accessControls: Readonly<Record<string, StoredAccessControl>>;
  readonly originRequestPolicies: Readonly<Record<string, StoredOriginRequestPolicy>>;
  readonly responseHeadersPolicies: Readonly<Record<string, StoredResponseHeadersPolicy>>;
  /**
   * Versions that are no longer associated but still have replicas, with the time of their deletion in milliseconds
   * since 1970.
   */
  readonly replicas: Readonly<Record<string, number>>;
}

const EMPTY: CloudFrontState = {
  distributions: {},
  accessControls: {},
  originRequestPolicies: {},
  responseHeadersPolicies: {},
  replicas: {},
};

/** The state of CloudFront. It is read once; each change is written before its response. */
export class CloudFrontStore {
  readonly #file: JsonFile<CloudFrontState>;
  #state: CloudFrontState;

  constructor(dataDir: string) {
    this.#file = new JsonFile(join(dataDir, 'state.json'));
    this.#state = this.#file.read() ?? EMPTY;
  }

  get state(): CloudFrontState {
    return this.#state;
  }

  change(part: Partial<CloudFrontState>): void {
    const next = { ...this.#state, ...part };
    this.#file.write(next);
    this.#state = next;
  }
}

/** Returns a record without one entry. */
export function withoutEntry<T>(entries: Readonly<Record<string, T>>, id: string): Record<string, T> {
  return Object.fromEntries(Object.entries(entries).filter(([key]) => key !== id));
}
