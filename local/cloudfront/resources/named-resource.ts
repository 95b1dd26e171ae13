import type { JsonObject } from '../../json.ts';
import type { ResourceHandler } from '../../resource.ts';
import { AwsError } from '../../wire/errors.ts';
import type { StoredDistribution } from '../model.ts';
import { type CloudFrontState, type Store, withEntry, withoutEntry } from '../store.ts';

interface Named {
  readonly id: string;
  readonly name: string;
}

/** What tells one kind of the things that distributions refer to from the others. */
export interface NamedResource<T extends Named> {
  /** The last part of the CloudFormation type, which CloudFront's error codes begin with too. */
  readonly kind: string;
  /** Such as `origin request policy`. */
  readonly noun: string;
  /** How CloudFront ends the refusal to delete one that is used. */
  readonly whileUsed: string;
  readonly newId: (suffix: string) => string;
  readonly parse: (id: string, properties: JsonObject) => T;
  readonly all: (state: CloudFrontState) => Readonly<Record<string, T>>;
  readonly put: (all: Readonly<Record<string, T>>) => Partial<CloudFrontState>;
  readonly uses: (distribution: StoredDistribution, id: string) => boolean;
}

/** A resource with a name of its own in the account: `Ref` and `Id` give its id; it cannot go while it is used. */
export function namedResource<T extends Named>(store: Store, of: NamedResource<T>): ResourceHandler {
  const save = (id: string, properties: JsonObject) => {
    const one = of.parse(id, properties);
    const known = of.all(store.state);
    if (Object.values(known).some((other) => other.name === one.name && other.id !== id)) {
      const message = `An ${of.noun} with this name already exists: ${one.name}`;
      throw new AwsError(`${of.kind}AlreadyExists`, message.replace(/^An (?![aeiou])/, 'A '), 409);
    }
    store.change(of.put(withEntry(known, id, one)));
    return { physicalId: id, attributes: { Id: id } };
  };
  return {
    type: `AWS::CloudFront::${of.kind}`,
    replaceOn: [],
    create: async ({ suffix, properties }) => save(of.newId(suffix), properties),
    update: async ({ physicalId, properties }) => save(physicalId, properties),
    delete: async (id) => {
      if (Object.values(store.state.distributions).some((distribution) => of.uses(distribution, id))) {
        throw new AwsError(
          `${of.kind}InUse`,
          `Cannot delete the ${of.noun} because it is ${of.whileUsed}.`,
          409,
        );
      }
      store.change(of.put(withoutEntry(of.all(store.state), id)));
    },
  };
}

/** Every cache behavior of a distribution, the default one first. */
export function behaviorsOf({ config }: StoredDistribution) {
  return [config.defaultBehavior, ...config.behaviors];
}
