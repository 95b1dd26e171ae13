import { omitUndefined } from '../../../../protocol/fields.ts';
import { command } from '../../../command-line.ts';
import type { Context } from '../../../context.ts';
import { isUserError, UserError } from '../../../errors.ts';
import type { Target } from '../../../settings/target.ts';
import type { DescribedIssuer } from '../../edge-description.ts';
import { findStoredSession } from '../find-session.ts';
import type { Workload } from './workload.ts';

/** A service, and how its jobs are recognised. The code for its tokens is loaded in such a job alone. */
export interface JobService {
  readonly preset: Workload['preset'];
  /** Returns true if this process can run in such a job. */
  isHere(env: Context['env']): boolean;
  load(): Promise<Workload>;
}

/** The identity of this job, and the issuers of it that the edge trusts. */
export interface FoundWorkload {
  readonly kind: 'workload';
  readonly workload: Workload;
  /** Empty if EDGE_UPLOAD_IDENTITY names the identity: the edge is not asked then. */
  readonly issuers: readonly DescribedIssuer[];
}

/** Returns why the identity of EDGE_UPLOAD_IDENTITY has no token, with the variable that chose it. */
function namedByVariable(error: UserError, { preset }: Workload): UserError {
  return error.withHint(
    `EDGE_UPLOAD_IDENTITY=${preset} chose this identity. Outside of such a job, unset it:`,
    command`unset EDGE_UPLOAD_IDENTITY`,
  );
}

/** Returns an identity whose failures name the variable that chose it. */
function chosenByVariable(workload: Workload): Workload {
  return {
    ...workload,
    async token(job) {
      try {
        return await workload.token(job);
      } catch (error) {
        if (!isUserError(error) || error.code === 'interrupted') throw error;
        throw namedByVariable(error, workload);
      }
    },
  };
}

/** Returns what EDGE_UPLOAD_IDENTITY names; `undefined` if it is not set. */
function named({ EDGE_UPLOAD_IDENTITY: name }: Context['env'], known: readonly JobService[]) {
  if (!name) return undefined;
  if (name === 'off') return 'off';
  const service = known.find(({ preset }) => preset === name);
  if (service !== undefined) return service;
  throw new UserError('usage', `Invalid value for EDGE_UPLOAD_IDENTITY: “${name}”.`, {
    hint: `Use one of: ${known.map(({ preset }) => preset).join(', ')}, off`,
  });
}

/**
 * Returns the identity of this job if the edge trusts its issuer. EDGE_UPLOAD_IDENTITY selects one without asking the edge,
 * or `off`.
 * @param known CI systems come first, because their jobs can run in a pod or on AWS.
 * @throws {UserError} if nobody is signed in, and the edge does not trust the issuer of this job or the job has no token
 */
export async function findWorkload(
  context: Context,
  target: Target,
  known: readonly JobService[],
): Promise<FoundWorkload | undefined> {
  const { env } = context;
  const chosen = named(env, known);
  if (chosen === 'off') return undefined;
  if (chosen !== undefined) {
    const workload = await chosen.load();
    const problem = workload.problem?.(env, target.url);
    if (problem !== undefined) throw namedByVariable(problem, workload);
    return { kind: 'workload', workload: chosenByVariable(workload), issuers: [] };
  }
  const workloads = await Promise.all(known.filter(({ isHere }) => isHere(env)).map(({ load }) => load()));
  const here = workloads.filter((workload) => workload.isGiven?.() ?? true);
  const isSignedIn = async () => (await findStoredSession(context, target)) !== undefined;
  if (here.length === 0 && (workloads.length === 0 || (await isSignedIn()))) return undefined;
  const { url, deployment } = target;
  const { discover } = await import('../../discovery.ts');
  const { issuers: all } = await discover(context, { url, ...omitUndefined({ deployment }) });
  const trusted = (candidates: readonly Workload[]) =>
    candidates.flatMap((workload) => {
      const issuers = all.filter(({ kind, preset }) => kind === 'workload' && preset === workload.preset);
      return issuers.length === 0 ? [] : [{ kind: 'workload' as const, workload, issuers }];
    });
  const [found] = trusted(here);
  const problem = found?.workload.problem?.(env, url);
  if (found !== undefined && problem === undefined) return found;
  if (await isSignedIn()) return undefined;
  if (problem !== undefined) throw problem;
  const [withoutToken] = trusted(workloads);
  const { notTrusted } = await import('./not-trusted.ts');
  throw withoutToken?.workload.problem?.(env, url) ?? notTrusted(workloads, target.url, env);
}
