import { omitUndefined } from '../../protocol/fields.ts';
import { edgeUrl } from '../settings/edge-url.ts';
import { type FoundStack, missingPart, type StackWork } from '../stack/find-stack.ts';
import { readOptions } from '../stack/options/deployed-options.ts';
import { bakedConfig, type DeployedStack, deployedTemplate } from '../stack/template/template.ts';

/** The deployed edge, as links and keys need it. */
export interface DeployedEdge {
  readonly bucket: string;
  /** Audience of its tokens: the distribution's domain name, which never changes. */
  readonly audience: string;
  /** Where uploads go: `https://<host>[:port]`, with the operator's own domain if any. */
  readonly url: string;
  readonly hasPage: boolean;
  /** Largest object that the deployment accepts, in bytes. */
  readonly maxSize?: number;
  /** Days after which the bucket deletes objects, including the records of links and keys. */
  readonly expireAfterDays?: number;
  /** Ids of the signing keys that it accepts. */
  readonly kids: ReadonlySet<string>;
  /** Ids of revoked links and keys. */
  readonly revoked: ReadonlySet<string>;
}

/**
 * Returns the edge of a stack, and the options and outputs that it was read from.
 * @throws {UserError} `stack_failed` for a stack without bucket or distribution
 */
export async function deployedEdge(
  work: StackWork,
  stack: FoundStack,
): Promise<{ readonly edge: DeployedEdge; readonly deployed: DeployedStack }> {
  const { bucket, domain } = stack.outputs;
  if (bucket === undefined || domain === undefined) throw missingPart(work, stack, 'edge');
  const template = await deployedTemplate(work, stack.id);
  const { domain: ownDomain, maxSize, expireAfterDays } = readOptions(template);
  const { signing, page } = bakedConfig(template) ?? {};
  const audience = edgeUrl(domain);
  // In the embedded cloud, the operator's own domain has another port and no DNS record.
  const url = ownDomain === undefined || work.local !== undefined ? audience : edgeUrl(ownDomain);
  const edge = {
    bucket,
    audience,
    url,
    hasPage: page !== undefined,
    ...omitUndefined({ maxSize, expireAfterDays }),
    kids: new Set(signing?.keys.map(({ kid }) => kid)),
    revoked: new Set(signing?.revoked),
  };
  return { edge, deployed: { stack, template } };
}
