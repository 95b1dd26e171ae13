/** The nodes that each node depends on. */
export type Graph = ReadonlyMap<string, ReadonlySet<string>>;

/** Returns the nodes of cycles and the nodes that depend on them. */
export function cycle(graph: Graph): string[] {
  const ordered = new Set(sorted(graph));
  return [...graph.keys()].filter((id) => !ordered.has(id));
}

/** Returns the nodes in the order of their dependencies, without those that depend on a cycle. */
export function sorted(graph: Graph): string[] {
  const order = new Set<string>();
  for (let size = -1; order.size > size; ) {
    size = order.size;
    for (const [id, needs] of graph) {
      if ([...needs].every((need) => order.has(need) || !graph.has(need))) order.add(id);
    }
  }
  return [...order];
}

/** Returns the graph of dependents. */
export function reversed(graph: Graph): Graph {
  const back = new Map([...graph.keys()].map((id) => [id, new Set<string>()]));
  for (const [id, needs] of graph) for (const need of needs) back.get(need)?.add(id);
  return back;
}

/** Returns the graph without the dependencies of nodes in cycles, so that every node can be processed. */
export function acyclic(graph: Graph): Graph {
  const turning = new Set(cycle(graph));
  return new Map([...graph].map(([id, needs]) => [id, turning.has(id) ? new Set<string>() : needs]));
}

/** Returns the subgraph of the kept nodes. */
export function within(graph: Graph, kept: (id: string) => boolean): Graph {
  return new Map(
    [...graph]
      .filter(([id]) => kept(id))
      .map(([id, needs]) => [id, new Set([...needs].filter((need) => kept(need)))]),
  );
}

/**
 * Runs `work` for each node after its dependencies have succeeded, in parallel where the graph allows it.
 *
 * @param work returns whether it succeeded; the dependents of a failed node are skipped
 * @param canStart called before each node
 * @returns the failed nodes
 */
export async function runInOrder(
  graph: Graph,
  work: (id: string) => Promise<boolean>,
  canStart: () => boolean = () => true,
): Promise<string[]> {
  const failed: string[] = [];
  const runs = new Map<string, Promise<boolean>>();
  const run = (id: string): Promise<boolean> => {
    const begun = runs.get(id) ?? begin(id);
    runs.set(id, begun);
    return begun;
  };
  const begin = async (id: string): Promise<boolean> => {
    const needs = [...(graph.get(id) ?? [])].filter((need) => graph.has(need));
    const ready = await Promise.all(needs.map(run));
    if (ready.includes(false) || !canStart()) return false;
    const succeeded = await work(id);
    if (!succeeded) failed.push(id);
    return succeeded;
  };
  const ends = await Promise.allSettled([...graph.keys()].map(run));
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
  return failed;
}
