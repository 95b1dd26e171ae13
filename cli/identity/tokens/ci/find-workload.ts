import { omitUndefined } from '../../../../protocol/omit-undefined.ts';
import type { Context } from '../../../context.ts';
import { UserError } from '../../../errors.ts';
import type { Target } from '../../../settings/target.ts';
import type { DescribedIssuer } from '../../described-issuer.ts';
import { discover } from '../../discovery.ts';
import { findStoredSession } from '../stored-tokens.ts';
import { aws } from './aws.ts';
import { bitbucket } from './bitbucket.ts';
import { buildkite } from './buildkite.ts';
import { circleci } from './circleci.ts';
import { gcp } from './gcp.ts';
import { github } from './github.ts';
import { gitlab } from './gitlab.ts';
import { kubernetes } from './kubernetes.ts';
import type { Workload } from './workload.ts';

/** CI systems come first, because their jobs can run in a pod or on AWS. */
const WORKLOADS: readonly Workload[] = [
  github,
  gitlab,
  circleci,
  buildkite,
  bitbucket,
  kubernetes(),
  aws,
  gcp,
];

/** The identity of this job, and the issuers of it that the edge trusts. */
export interface FoundWorkload {
  readonly kind: 'workload';
  readonly workload: Workload;
  /** Empty if EDGE_UPLOAD_IDENTITY names the identity: the edge is not asked then. */
  readonly issuers: readonly DescribedIssuer[];
}

/** Returns what EDGE_UPLOAD_IDENTITY names; `undefined` if it is not set. */
function named({ EDGE_UPLOAD_IDENTITY: name }: Context['env'], known: readonly Workload[]) {
  if (!name) return undefined;
  if (name === 'off') return 'off';
  const workload = known.find(({ preset }) => preset === name);
  if (workload !== undefined) return workload;
  throw new UserError('usage', `Invalid value for EDGE_UPLOAD_IDENTITY: “${name}”.`, {
    hint: `Use one of: ${known.map(({ preset }) => preset).join(', ')}, off`,
  });
}

/**
 * Returns the identity of this job if the edge trusts its issuer. EDGE_UPLOAD_IDENTITY selects one without asking the edge,
 * or `off`.
 * @throws {UserError} if the job has no token although the edge trusts its issuer, and nobody is signed in
 */
export async function findWorkload(
  context: Context,
  target: Target,
  known: readonly Workload[] = WORKLOADS,
): Promise<FoundWorkload | undefined> {
  const { env } = context;
  const chosen = named(env, known);
  if (chosen === 'off') return undefined;
  if (chosen !== undefined) {
    const problem = chosen.problem?.(env, target.url);
    if (problem !== undefined) throw problem;
    return { kind: 'workload', workload: chosen, issuers: [] };
  }
  const here = known.filter((workload) => workload.isHere(env));
  if (here.length === 0) return undefined;
  const { url, deployment } = target;
  const { issuers: all } = await discover(context, { url, ...omitUndefined({ deployment }) });
  const trusted = here.flatMap((workload) => {
    const issuers = all.filter(({ kind, preset }) => kind === 'workload' && preset === workload.preset);
    return issuers.length === 0 ? [] : [{ kind: 'workload' as const, workload, issuers }];
  });
  const [found] = trusted;
  const problem = found?.workload.problem?.(env, url);
  if (problem === undefined) return found;
  if ((await findStoredSession(context, target)) !== undefined) return undefined;
  throw problem;
}
