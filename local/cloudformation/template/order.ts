/** What each node waits for. */
export type Graph = ReadonlyMap<string, ReadonlySet<string>>;

/** The nodes that wait for each other in circles, or for such nodes; none in a graph that can be worked through. */
export function circle(graph: Graph): string[] {
  const ordered = new Set(sorted(graph));
  return [...graph.keys()].filter((id) => !ordered.has(id));
}

/** The nodes, each after all that it waits for. Those of a circle are left out. */
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

/** The same graph read the other way. */
export function reversed(graph: Graph): Graph {
  const back = new Map([...graph.keys()].map((id) => [id, new Set<string>()]));
  for (const [id, needs] of graph) for (const need of needs) back.get(need)?.add(id);
  return back;
}

/** The same graph, where nodes of circles wait for nothing: for what has to be worked through in any case. */
export function acyclic(graph: Graph): Graph {
  const turning = new Set(circle(graph));
  return new Map([...graph].map(([id, needs]) => [id, turning.has(id) ? new Set<string>() : needs]));
}

/** The nodes that are in `kept`, waiting for each other only. */
export function within(graph: Graph, kept: (id: string) => boolean): Graph {
  return new Map(
    [...graph]
      .filter(([id]) => kept(id))
      .map(([id, needs]) => [id, new Set([...needs].filter((need) => kept(need)))]),
  );
}

/**
 * Works on each node once all it waits for is done, as many at a time as the graph allows. `work` tells whether it
 * succeeded; what waits for a node that did not is left out.
 *
 * @param goesOn asked before each node is begun
 * @returns the nodes whose work failed
 */
export async function inOrder(
  graph: Graph,
  work: (id: string) => Promise<boolean>,
  goesOn: () => boolean = () => true,
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
    if (ready.includes(false) || !goesOn()) return false;
    const succeeded = await work(id);
    if (!succeeded) failed.push(id);
    return succeeded;
  };
  const ends = await Promise.allSettled([...graph.keys()].map(run));
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
  return failed;
}
