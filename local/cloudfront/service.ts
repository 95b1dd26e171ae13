import type { Identities } from '../auth/identities.ts';
import type { Faults } from '../faults.ts';
import { own } from '../json.ts';
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
import { CloudFrontStore } from './store.ts';

export interface CloudFrontOptions extends FunctionLookup {
  readonly dataDir: string;
  readonly now: () => Date;
  readonly identities: Identities;
  /** Returns the origin with a host name; `undefined` if it is not a bucket's. */
  readonly origins: (hostname: string) => Origin | undefined;
  readonly invoke: Invoke;
  /** Destination of standard logs. */
  readonly logs: LogSink;
  readonly authority: Pick<Authority, 'permit' | 'serverCertificate'>;
  /** Returns the current faults. Called for each request. */
  readonly faults: () => Faults;
  /** Called with defects of the cloud, not with refused requests. */
  readonly onDefect?: (error: unknown) => void;
}

export interface CloudFront {
  readonly resources: readonly ResourceHandler[];
  /** Opens the listeners of existing distributions. Rejects with the port if it is in use. */
  start(): Promise<void>;
  close(): Promise<void>;
  /** Whether replicas prevent the deletion of a published version. */
  isReplicated(versionArn: string): boolean;
  /** Returns the origins of the pages that distributions serve, as browsers send them in `Origin`. */
  pageOrigins(): readonly string[];
  distributions(): readonly { readonly id: string; readonly domainName: string; readonly enabled: boolean }[];
}

/**
 * Creates the embedded CloudFront: resources for CloudFormation, and an HTTPS listener for each enabled distribution.
 */
export function createCloudFront(options: CloudFrontOptions): CloudFront {
  const { now, faults, onDefect = () => {} } = options;
  const store = new CloudFrontStore(options.dataDir);
  const distributions = new Distributions({
    store,
    functions: options,
    authority: options.authority,
    now,
    onDefect,
    replicasHeldMs: () => faults().replicasHeldMs ?? 0,
    logs: options.logs,
    isOrigin: (hostname) => options.origins(hostname) !== undefined,
    edge: edgesOf(store, { ...options, onDefect }),
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

/** Returns how to create the data plane of a distribution. */
function edgesOf(
  store: CloudFrontStore,
  options: CloudFrontOptions & Pick<Edge, 'onDefect'>,
): (distribution: StoredDistribution) => Edge {
  const { faults, identities } = options;
  const dice = new FaultDice();
  const signers = new Map<string, OriginSigner>();
  const signerOf = (id: string): OriginSigner => {
    const signer = signers.get(id) ?? originSigner(id, identities);
    signers.set(id, signer);
    return signer;
  };
  return ({ id, port, config }) => ({
    id,
    domainName: domainName(port),
    config,
    invoke: options.invoke,
    now: options.now,
    onDefect: options.onDefect,
    origin: options.origins,
    originRequestPolicy: (policyId) => findOriginRequestPolicy(store, policyId),
    responseHeadersPolicy: (policyId) => findResponseHeadersPolicy(store, policyId),
    signer: (accessControlId) =>
      own(store.state.accessControls, accessControlId)?.signing === 'always' ? signerOf(id) : undefined,
    blocks: (contentLength) => dice.blocks(faults().edge, contentLength),
    policyOnGenerated: faults().edge?.policyOnGenerated ?? false,
    faultPlan: (contentLength) => dice.plan(faults().edge, contentLength),
  });
}
