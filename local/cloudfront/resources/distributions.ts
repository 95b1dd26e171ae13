import { type JsonObject, own } from '../../json.ts';
import type { ResourceHandler, ResourceState } from '../../resource.ts';
import { readProperties } from '../../shape.ts';
import type { Authority } from '../../tls/authority.ts';
import { AwsError } from '../../wire/errors.ts';
import { AccessLogs, type LogSink } from '../data-plane/access-logs.ts';
import { type Edge, serve } from '../data-plane/edge.ts';
import { type Listener, listen } from '../data-plane/viewer/listener.ts';
import {
  behaviorsOf,
  type DistributionConfig,
  distributionId,
  domainName,
  type StoredDistribution,
} from '../model.ts';
import { type CloudFrontStore, withoutEntry } from '../store.ts';
import { distributionProperties } from './distribution-config.ts';
import { associated, checkAssociation, type FunctionLookup, heldReplicas } from './lambda-association.ts';
import { findOriginRequestPolicy } from './origin-request-policies.ts';
import { findResponseHeadersPolicy } from './response-headers-policies.ts';
import { invalidArgument } from './shapes.ts';

export interface DistributionsOptions {
  readonly store: CloudFrontStore;
  readonly functions: FunctionLookup;
  readonly authority: Pick<Authority, 'permit' | 'serverCertificate'>;
  readonly now: () => Date;
  readonly onDefect: (error: unknown) => void;
  readonly replicasHeldMs: () => number;
  readonly isOrigin: (hostname: string) => boolean;
  readonly logs: LogSink;
  /** Returns the data plane of a distribution. Called for each request, so that updates apply at once. */
  readonly edge: (distribution: StoredDistribution) => Edge;
}

/** Distributions and their listeners. Each enabled distribution has a running listener. */
export class Distributions {
  readonly #options: DistributionsOptions;
  readonly #listeners = new Map<string, Listener>();
  readonly #logs: AccessLogs;

  constructor(options: DistributionsOptions) {
    this.#options = options;
    this.#logs = new AccessLogs({ sink: options.logs, now: options.now, onDefect: options.onDefect });
  }

  /** `AWS::CloudFront::Distribution`. `Ref` and `Id` return its id; `DomainName` is `127.0.0.1:<port>`. */
  get resource(): ResourceHandler {
    return {
      type: 'AWS::CloudFront::Distribution',
      replaceOn: [],
      create: ({ suffix, properties }) => this.#save(distributionId(suffix), properties),
      update: async ({ physicalId, properties }) => {
        if (this.#stored(physicalId) === undefined) throw noSuchDistribution();
        return this.#save(physicalId, properties);
      },
      actual: (id, properties) => (this.#stored(id) === undefined ? undefined : properties),
      delete: (id) => this.#delete(id),
    };
  }

  /** Opens the listeners of stored distributions, each on its permanent port. */
  async start(): Promise<void> {
    await this.#permitAliases();
    for (const { id, port, config } of Object.values(this.#options.store.state.distributions)) {
      if (config.enabled && !this.#listeners.has(id)) await this.#open(id, port);
    }
  }

  async close(): Promise<void> {
    const listeners = [...this.#listeners.values()];
    this.#listeners.clear();
    await Promise.all(listeners.map((listener) => listener.close()));
    this.#logs.deliver();
  }

  async #save(id: string, properties: JsonObject): Promise<ResourceState> {
    const config = readProperties(distributionProperties, properties);
    this.#check(id, config);
    // A disabled distribution is opened briefly, because its domain name contains a port.
    const port = await this.#open(id, this.#stored(id)?.port ?? 0);
    try {
      await this.#change({ ...this.#options.store.state.distributions, [id]: { id, port, config } });
    } finally {
      // A new distribution that could not be stored has no listener either.
      if (this.#stored(id)?.config.enabled !== true) await this.#shut(id);
    }
    return { physicalId: id, attributes: { Id: id, DomainName: domainName(port) } };
  }

  /** AWS requires a distribution to be disabled before it is deleted. Its CloudFormation resource does that itself. */
  async #delete(id: string): Promise<void> {
    if (this.#stored(id) === undefined) return;
    await this.#change(withoutEntry(this.#options.store.state.distributions, id));
    await this.#shut(id);
  }

  #check(id: string, config: DistributionConfig): void {
    const { store, functions, isOrigin, logs } = this.#options;
    const problem = config.logging === undefined ? undefined : logs.problem(config.logging.bucketHost);
    if (problem !== undefined) throw invalidArgument(problem);
    const others = Object.values(store.state.distributions).filter((other) => other.id !== id);
    if (others.some((other) => other.config.aliases?.some((alias) => config.aliases?.includes(alias)))) {
      throw new AwsError(
        'CNAMEAlreadyExists',
        'One or more of the CNAMEs you provided are already associated with a different resource.',
        409,
      );
    }
    for (const { domainName: hostname, accessControlId } of config.origins) {
      if (!isOrigin(hostname)) {
        throw invalidArgument('The parameter Origin DomainName does not refer to a valid S3 bucket.');
      }
      if (accessControlId !== undefined && own(store.state.accessControls, accessControlId) === undefined) {
        throw new AwsError(
          'InvalidOriginAccessControl',
          'The specified origin access control does not exist.',
        );
      }
    }
    for (const behavior of behaviorsOf(config)) {
      const { originRequestPolicyId, responseHeadersPolicyId } = behavior;
      if (originRequestPolicyId !== undefined) findOriginRequestPolicy(store, originRequestPolicyId);
      if (responseHeadersPolicyId !== undefined) findResponseHeadersPolicy(store, responseHeadersPolicyId);
    }
    for (const arn of associated(config)) checkAssociation(arn, functions);
  }

  async #change(after: Record<string, StoredDistribution>): Promise<void> {
    const { store, now, replicasHeldMs } = this.#options;
    const { distributions: before, replicas } = store.state;
    const time = now().getTime();
    store.change({
      distributions: after,
      replicas: heldReplicas(replicas, before, after, { now: time, until: time + replicasHeldMs() }),
    });
    await this.#permitAliases();
  }

  /** Permits the certificate authority to sign for the aliases of existing distributions only. */
  #permitAliases(): Promise<void> {
    const { store, authority } = this.#options;
    const stored = Object.values(store.state.distributions);
    return authority.permit(stored.flatMap(({ config }) => config.aliases ?? []));
  }

  /** Opens a listener, unless it is running. Returns its port. */
  async #open(id: string, port: number): Promise<number> {
    const running = this.#listeners.get(id);
    if (running !== undefined) return running.port;
    const { authority, edge, onDefect } = this.#options;
    const config = () => this.#stored(id)?.config;
    const aliases = () => config()?.aliases ?? [];
    const listener = await listen({
      port,
      certificate: await authority.serverCertificate([]),
      certificateFor: async (name) =>
        aliases().includes(name) ? authority.serverCertificate([name]) : undefined,
      refusesTls12: (name) => config()?.tls13Only === true && aliases().includes(name),
      aliases,
      isElsewhere: (host) => this.#isElsewhere(id, host),
      serve: async (viewer) => {
        const distribution = this.#stored(id);
        if (distribution === undefined) throw noSuchDistribution();
        return serve(viewer, edge(distribution));
      },
      onServed: (served) => {
        const distribution = this.#stored(id);
        if (distribution?.config.logging !== undefined) this.#logs.add(distribution, served);
      },
      onDefect,
    }).catch((error: NodeJS.ErrnoException) => {
      throw error.code === 'EADDRINUSE' ? portTaken(id, port) : error;
    });
    this.#listeners.set(id, listener);
    return listener.port;
  }

  async #shut(id: string): Promise<void> {
    const listener = this.#listeners.get(id);
    this.#listeners.delete(id);
    await listener?.close();
  }

  /** Whether a lower-case host belongs to another distribution. */
  #isElsewhere(id: string, host: string): boolean {
    return Object.values(this.#options.store.state.distributions).some(
      (other) => other.id !== id && [domainName(other.port), ...(other.config.aliases ?? [])].includes(host),
    );
  }

  #stored(id: string): StoredDistribution | undefined {
    return this.#options.store.state.distributions[id];
  }
}

const noSuchDistribution = () =>
  new AwsError('NoSuchDistribution', 'The specified distribution does not exist.', 404);

function portTaken(id: string, port: number): Error {
  const message = `port ${port} of distribution ${id} is in use by another program, and the distribution's domain name contains that port`;
  return Object.assign(new Error(message), { code: 'DISTRIBUTION_PORT', port });
}
