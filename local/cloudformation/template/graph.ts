import type { Json } from '../../json.ts';
import { AwsError } from '../../wire/errors.ts';
import { substitutedNames } from './intrinsics.ts';
import { formatError, type Template } from './parse.ts';

/** The names that a value refers to: resources, parameters, pseudo parameters. */
export function namesIn(value: Json): Set<string> {
  const names = new Set<string>();
  const visit = (at: Json) => {
    if (typeof at !== 'object' || at === null) return;
    if (Array.isArray(at)) {
      for (const item of at) visit(item);
      return;
    }
    for (const [key, member] of Object.entries(at)) {
      if (key === 'Ref' && typeof member === 'string') names.add(member);
      else if (key === 'Fn::GetAtt')
        names.add(String(typeof member === 'string' ? member.split('.')[0] : (member as Json[])[0]));
      else if (key === 'Fn::Sub') {
        for (const name of substitutedNames(member)) names.add(name.split('.')[0] ?? name);
      }
      visit(member);
    }
  };
  visit(value);
  return names;
}

/** What each resource waits for. */
export type Graph = ReadonlyMap<string, ReadonlySet<string>>;

/** The dependencies of a template's resources; refuses names that mean nothing, and circles. */
export function dependencies(template: Template): Graph {
  const ids = new Set(Object.keys(template.resources));
  const means = (name: string) => ids.has(name) || name in template.parameters || name.startsWith('AWS::');
  const unresolved = new Set<string>();
  const graph = new Map<string, Set<string>>();
  for (const [id, { properties, dependsOn }] of Object.entries(template.resources)) {
    const names = [...namesIn(properties), ...dependsOn];
    for (const name of names) if (!means(name)) unresolved.add(name);
    graph.set(id, new Set(names.filter((name) => ids.has(name))));
  }
  if (unresolved.size > 0) {
    throw formatError(
      `Unresolved resource dependencies [${[...unresolved].join(', ')}] in the Resources block of the template`,
    );
  }
  for (const [name, { value }] of Object.entries(template.outputs)) {
    const lost = [...namesIn(value)].filter((one) => !means(one));
    if (lost.length > 0)
      throw formatError(
        `Unresolved resource dependencies [${lost.join(', ')}] in the Outputs block of the template (${name})`,
      );
  }
  refuseCircles(graph);
  return graph;
}

function refuseCircles(graph: Graph): void {
  const left = new Map([...graph].map(([id, needs]) => [id, new Set(needs)]));
  for (let free = [...left]; free.length > 0; ) {
    free = [...left].filter(([, needs]) => [...needs].every((need) => !left.has(need)));
    for (const [id] of free) left.delete(id);
  }
  if (left.size > 0)
    throw new AwsError(
      'ValidationError',
      `Circular dependency between resources: [${[...left.keys()].join(', ')}]`,
    );
}

/** The same graph read the other way: what must be gone before each resource can go. */
export function reversed(graph: Graph): Graph {
  const back = new Map([...graph.keys()].map((id) => [id, new Set<string>()]));
  for (const [id, needs] of graph) for (const need of needs) back.get(need)?.add(id);
  return back;
}

/**
 * Runs work on each node once all it waits for is done, as many at a time as the graph allows. What waits for a failed
 * node is not run; after the first failure `stop` begins nothing more, `go-on` what does not depend on it.
 * @returns the failures
 */
export async function inOrder(
  graph: Graph,
  afterFailure: 'stop' | 'go-on',
  work: (id: string) => Promise<void>,
): Promise<unknown[]> {
  const failures: unknown[] = [];
  const runs = new Map<string, Promise<boolean>>();
  const run = (id: string): Promise<boolean> => {
    const known = runs.get(id);
    if (known !== undefined) return known;
    const started = (async () => {
      const needs = await Promise.all([...(graph.get(id) ?? [])].map(run));
      if (needs.includes(false) || (failures.length > 0 && afterFailure === 'stop')) return false;
      try {
        await work(id);
        return true;
      } catch (error) {
        failures.push(error);
        return false;
      }
    })();
    runs.set(id, started);
    return started;
  };
  await Promise.all([...graph.keys()].map(run));
  return failures;
}
