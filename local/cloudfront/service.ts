import type { Identities } from '../auth/identities.ts';
import type { Faults } from '../faults.ts';
import type { Invoke } from '../lambda/messages.ts';
import type { Origin } from '../origin.ts';
import type { ResourceHandler } from '../resource.ts';
import type { Authority } from '../tls/authority.ts';
import type { LogSink } from './data-plane/access-logs.ts';
import type { Edge } from './data-plane/edge.ts';
import { FaultDice } from './data-plane/faults.ts';
import { type OriginSigner, originSigner } from './data-plane/origin/forward.ts';
import { domainName, type StoredDistribution } from './model.ts';
import { accessControls } from './resources/access-controls.ts';
import { Distributions } from './resources/distributions.ts';
import { associated, type FunctionLookup } from './resources/lambda-association.ts';
import { findOriginRequestPolicy, originRequestPolicies } from './resources/origin-request-policies.ts';
import { findResponseHeadersPolicy, responseHeadersPolicies } from './resources/response-headers-policies.ts';
import { Store } from './store.ts';

export interface CloudFrontOptions extends FunctionLookup {
  readonly dataDir: string;
  readonly now: () => Date;
  readonly identities: Identities;
  /** The service behind an origin's host name; `undefined` for a host that is no bucket's. */
  readonly origins: (hostname: string) => Origin | undefined;
  readonly invoke: Invoke;
  /** Where standard logs go. */
  readonly logs: LogSink;
  readonly authority: Pick<Authority, 'permit' | 'serverCertificate'>;
  /** Asked for each request: tests may change their mind. */
  readonly faults: () => Faults;
  /** Told of defects of the cloud itself, never of refused requests. */
  readonly onDefect?: (error: unknown) => void;
}

export interface CloudFront {
  readonly resources: readonly ResourceHandler[];
  /** Opens the listeners of the distributions there are. Rejects, naming the port, where one is taken. */
  start(): Promise<void>;
  close(): Promise<void>;
  /** Whether edge replicas keep a published version from being deleted. */
  isReplicated(versionArn: string): boolean;
  /** Origins of the pages that the distributions serve, as browsers send them in `Origin`. */
  pageOrigins(): readonly string[];
  distributions(): readonly { readonly id: string; readonly domainName: string; readonly enabled: boolean }[];
}

/** The embedded CloudFront: resources for CloudFormation, and an https listener for each enabled distribution. */
export function createCloudFront(options: CloudFrontOptions): CloudFront {
  const { now, faults, identities, onDefect = () => {} } = options;
  const store = new Store(options.dataDir);
  const dice = new FaultDice();
  const signers = new Map<string, OriginSigner>();

  const signerOf = (id: string): OriginSigner => {
    const signer = signers.get(id) ?? originSigner(id, identities);
    signers.set(id, signer);
    return signer;
  };
  const edge = ({ id, port, config }: StoredDistribution): Edge => ({
    id,
    domainName: domainName(port),
    config,
    invoke: options.invoke,
    now,
    onDefect,
    origin: options.origins,
    originRequestPolicy: (policyId) => findOriginRequestPolicy(store, policyId),
    responseHeadersPolicy: (policyId) => findResponseHeadersPolicy(store, policyId),
    signer: (accessControlId) =>
      store.state.accessControls[accessControlId]?.signing === 'always' ? signerOf(id) : undefined,
    blocks: (contentLength) => dice.blocks(faults().edge, contentLength),
    policyOnGenerated: faults().edge?.policyOnGenerated ?? false,
    faultPlan: (contentLength) => dice.plan(faults().edge, contentLength),
  });
  const distributions = new Distributions({
    store,
    functions: options,
    authority: options.authority,
    now,
    onDefect,
    replicasHeldMs: () => faults().replicasHeldMs ?? 0,
    logs: options.logs,
    isOrigin: (hostname) => options.origins(hostname) !== undefined,
    edge,
  });

  return {
    resources: [
      accessControls(store),
      originRequestPolicies(store),
      responseHeadersPolicies(store),
      distributions.resource,
    ],
    start: () => distributions.start(),
    close: () => distributions.close(),
    isReplicated(versionArn) {
      const { distributions: stored, replicas } = store.state;
      return (
        Object.values(stored).some(({ config }) => associated(config).includes(versionArn)) ||
        ((faults().replicasHeldMs ?? 0) > 0 && (replicas[versionArn] ?? 0) > now().getTime())
      );
    },
    pageOrigins: () =>
      Object.values(store.state.distributions)
        .filter(({ config }) => config.enabled)
        .flatMap(({ port, config: { aliases = [] } }) => [
          `https://${domainName(port)}`,
          ...aliases.map((alias) => `https://${alias}:${port}`),
        ]),
    distributions: () =>
      Object.values(store.state.distributions).map(({ id, port, config }) => ({
        id,
        domainName: domainName(port),
        enabled: config.enabled,
      })),
  };
}
