import type { JsonObject } from '../../json.ts';
import type { ResourceHandler } from '../../resource.ts';
import { readProperties, type Shape } from '../../shape.ts';
import { AwsError } from '../../wire/errors.ts';
import type { DistributionConfig } from '../model.ts';
import { type CloudFrontState, type CloudFrontStore, withEntry, withoutEntry } from '../store.ts';

type Stored<T> = Readonly<Record<string, T & { readonly id: string }>>;

/** One kind of resource that distributions refer to. */
interface NamedResource<T extends { readonly name: string }> {
  /** Last part of the CloudFormation type. CloudFront's error codes start with it too. */
  readonly kind: string;
  /** Such as `origin request policy`. */
  readonly noun: string;
  /** End of CloudFront's error for deleting a resource in use. */
  readonly whileUsed: string;
  readonly newId: (suffix: string) => string;
  readonly shape: Shape<T>;
  readonly all: (state: CloudFrontState) => Stored<T>;
  readonly put: (all: Stored<T>) => Partial<CloudFrontState>;
  readonly uses: (distribution: DistributionConfig, id: string) => boolean;
}

/** A resource whose name is unique in the account. `Ref` and `Id` return its id; it cannot be deleted while it is used. */
export function namedResource<T extends { readonly name: string }>(
  store: CloudFrontStore,
  of: NamedResource<T>,
): ResourceHandler {
  const save = (id: string, properties: JsonObject) => {
    const one = { ...readProperties(of.shape, properties), id };
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
    actual: (id, properties) => (of.all(store.state)[id] === undefined ? undefined : properties),
    delete: async (id) => {
      if (Object.values(store.state.distributions).some(({ config }) => of.uses(config, id))) {
        const message = `Cannot delete the ${of.noun} because it is ${of.whileUsed}.`;
        throw new AwsError(`${of.kind}InUse`, message, 409);
      }
      store.change(of.put(withoutEntry(of.all(store.state), id)));
    },
  };
}
