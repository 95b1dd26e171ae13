import type { JsonObject } from '../../json.ts';
import type { ResourceHandler } from '../../resource.ts';
import { readProperties, type Shape } from '../../shape.ts';
import { AwsError } from '../../wire/errors.ts';
import type { DistributionConfig } from '../model.ts';
import { type CloudFrontState, type CloudFrontStore, withoutEntry } from '../store.ts';

type Kind = 'accessControls' | 'originRequestPolicies' | 'responseHeadersPolicies';
type Entry<K extends Kind> = CloudFrontState[K][string];

/** One kind of resource that distributions refer to. */
interface NamedResource<K extends Kind> {
  /** Last part of the CloudFormation type. CloudFront's error codes start with it too. */
  readonly name: string;
  /** The member of the state with the resources. */
  readonly kind: K;
  /** End of CloudFront's error for deleting a resource in use. */
  readonly whileUsed: string;
  readonly newId: (suffix: string) => string;
  readonly shape: Shape<Omit<Entry<K>, 'id'>>;
  readonly uses: (distribution: DistributionConfig, id: string) => boolean;
}

/** A resource whose name is unique in the account. `Ref` and `Id` return its id; it cannot be deleted while it is used. */
export function namedResource<K extends Kind>(
  store: CloudFrontStore,
  { name, kind, whileUsed, newId, shape, uses }: NamedResource<K>,
): ResourceHandler {
  /** Such as `origin request policy`. */
  const noun = name.replace(/\B[A-Z]/g, ' $&').toLowerCase();
  const all = (): Readonly<Record<string, { readonly id: string; readonly name: string }>> =>
    store.state[kind];
  const save = (id: string, properties: JsonObject) => {
    const one = { ...readProperties(shape, properties), id } as Entry<K>;
    if (Object.values(all()).some((other) => other.name === one.name && other.id !== id)) {
      const article = /^[aeiou]/.test(noun) ? 'An' : 'A';
      throw new AwsError(
        `${name}AlreadyExists`,
        `${article} ${noun} with this name already exists: ${one.name}`,
        409,
      );
    }
    store.change({ [kind]: { ...all(), [id]: one } });
    return { physicalId: id, attributes: { Id: id } };
  };
  return {
    type: `AWS::CloudFront::${name}`,
    replaceOn: [],
    create: async ({ suffix, properties }) => save(newId(suffix), properties),
    update: async ({ physicalId, properties }) => save(physicalId, properties),
    actual: (id, properties) => (all()[id] === undefined ? undefined : properties),
    delete: async (id) => {
      if (Object.values(store.state.distributions).some(({ config }) => uses(config, id))) {
        throw new AwsError(`${name}InUse`, `Cannot delete the ${noun} because it is ${whileUsed}.`, 409);
      }
      store.change({ [kind]: withoutEntry(all(), id) });
    },
  };
}
