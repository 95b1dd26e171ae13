import { behaviorsOf, type DistributionConfig, type StoredDistribution } from '../model.ts';

/** Versions that a configuration runs. */
export function associated(config: DistributionConfig): string[] {
  return behaviorsOf(config).flatMap(({ viewerRequest }) => viewerRequest ?? []);
}

/**
 * What is held once `before` has become `after`: versions that lost their last association are held until `until` (ms);
 * those associated again are no longer counted here, and those whose time has come are forgotten.
 */
export function heldReplicas(
  held: Readonly<Record<string, number>>,
  before: Readonly<Record<string, StoredDistribution>>,
  after: Readonly<Record<string, StoredDistribution>>,
  times: { readonly now: number; readonly until: number },
): Record<string, number> {
  const versions = (distributions: Readonly<Record<string, StoredDistribution>>) =>
    new Set(Object.values(distributions).flatMap(({ config }) => associated(config)));
  const running = versions(after);
  const released = [...versions(before)].filter((arn) => !running.has(arn));
  const all = { ...held, ...Object.fromEntries(released.map((arn) => [arn, times.until])) };
  return Object.fromEntries(
    Object.entries(all).filter(([arn, until]) => !running.has(arn) && until > times.now),
  );
}
