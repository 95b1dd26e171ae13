import { isDeepStrictEqual } from 'node:util';
import { isObject, type Json, type JsonObject } from '../../json.ts';
import type { ResourceHandler } from '../../resource.ts';
import { isPresent, type ResourceDrift, type ResourceRecord } from './model.ts';

type Handlers = ReadonlyMap<string, ResourceHandler>;

/** The actual properties of a resource; `deleted`, or `unsupported` for types without drift detection. */
export type Actual = JsonObject | 'deleted' | 'unsupported';

/**
 * Reads the actual values of a resource's properties. As AWS does, leaves out properties that the template does not set.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-stack-drift.html
 */
export function actualOf({ type, physicalId = '', properties }: ResourceRecord, handlers: Handlers): Actual {
  const handler = handlers.get(type);
  if (handler?.actual === undefined) return 'unsupported';
  const found = handler.actual(physicalId, properties);
  if (found === undefined) return 'deleted';
  return Object.fromEntries(Object.entries(found).filter(([name]) => Object.hasOwn(properties, name)));
}

/** Returns the drift of a stack's resources, without those that are not supported. */
export function driftOf(
  resources: Readonly<Record<string, ResourceRecord>>,
  handlers: Handlers,
): Record<string, ResourceDrift> {
  const drifts = Object.entries(resources).flatMap(([logicalId, record]): [string, ResourceDrift][] => {
    if (!isPresent(record) || record.physicalId === undefined) return [];
    const actual = actualOf(record, handlers);
    if (actual === 'unsupported') return [];
    if (actual === 'deleted') return [[logicalId, { status: 'DELETED' }]];
    const isSame = isDeepStrictEqual(actual, record.properties);
    return [[logicalId, { status: isSame ? 'IN_SYNC' : 'MODIFIED', actual }]];
  });
  return Object.fromEntries(drifts);
}

interface Difference {
  readonly PropertyPath: string;
  readonly ExpectedValue: string;
  readonly ActualValue: string;
  readonly DifferenceType: 'ADD' | 'REMOVE' | 'NOT_EQUAL';
}

const isParent = (value: Json | undefined): value is Json[] | JsonObject =>
  Array.isArray(value) || (value !== undefined && isObject(value));

const text = (value: Json | undefined) =>
  value === undefined ? 'null' : typeof value === 'string' ? value : JSON.stringify(value);

/** Returns how actual properties differ from the expected ones, at the deepest paths. */
export function differences(expected: Json | undefined, actual: Json | undefined, path = ''): Difference[] {
  if (isDeepStrictEqual(expected, actual)) return [];
  if (isParent(expected) && isParent(actual) && Array.isArray(expected) === Array.isArray(actual)) {
    const [wanted, found] = [new Map(Object.entries(expected)), new Map(Object.entries(actual))];
    const names = new Set([...wanted.keys(), ...found.keys()]);
    return [...names].flatMap((name) => differences(wanted.get(name), found.get(name), `${path}/${name}`));
  }
  const DifferenceType = expected === undefined ? 'ADD' : actual === undefined ? 'REMOVE' : 'NOT_EQUAL';
  return [{ PropertyPath: path, ExpectedValue: text(expected), ActualValue: text(actual), DifferenceType }];
}
