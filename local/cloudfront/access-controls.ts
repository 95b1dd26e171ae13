import type { JsonObject } from '../json.ts';
import type { ResourceHandler } from '../resource.ts';
import { AwsError } from '../wire/errors.ts';
import { distributionId } from './ids.ts';
import type { StoredAccessControl } from './model.ts';
import {
  checkProperties,
  invalidArgument,
  notDone,
  oneOf,
  optionalString,
  requiredObject,
  requiredString,
} from './properties.ts';
import { type Store, withEntry, withoutEntry } from './store.ts';

const WHERE = '#/OriginAccessControlConfig';
const MAX_NAME = 64;

/** `AWS::CloudFront::OriginAccessControl` for S3 origins, sigv4; `Ref` and `Id` give its id. */
export function accessControls(store: Store): ResourceHandler {
  const save = (id: string, properties: JsonObject) => {
    const control = parseControl(id, properties);
    const { accessControls: known } = store.state;
    if (Object.values(known).some((other) => other.name === control.name && other.id !== id)) {
      throw new AwsError(
        'OriginAccessControlAlreadyExists',
        `An origin access control with this name already exists: ${control.name}`,
        409,
      );
    }
    store.change({ accessControls: withEntry(known, id, control) });
    return { physicalId: id, attributes: { Id: id } };
  };
  return {
    type: 'AWS::CloudFront::OriginAccessControl',
    replaceOn: [],
    create: async ({ suffix, properties }) => save(distributionId(suffix), properties),
    update: async ({ physicalId, properties }) => save(physicalId, properties),
    delete: async (id) => {
      const inUse = Object.values(store.state.distributions).some(({ config }) =>
        config.origins.some(({ accessControlId }) => accessControlId === id),
      );
      if (inUse) {
        throw new AwsError(
          'OriginAccessControlInUse',
          'Cannot delete the origin access control because it is in use by one or more distributions.',
          409,
        );
      }
      store.change({ accessControls: withoutEntry(store.state.accessControls, id) });
    },
  };
}

function parseControl(id: string, properties: JsonObject): StoredAccessControl {
  checkProperties(properties, '#', { done: ['OriginAccessControlConfig'] });
  const config = requiredObject(properties.OriginAccessControlConfig, WHERE);
  checkProperties(config, WHERE, {
    done: ['Description', 'Name', 'OriginAccessControlOriginType', 'SigningBehavior', 'SigningProtocol'],
  });
  optionalString(config.Description, `${WHERE}/Description`);
  const originType = oneOf(
    config.OriginAccessControlOriginType,
    ['s3', 'mediastore', 'mediapackagev2', 'lambda'],
    `${WHERE}/OriginAccessControlOriginType`,
  );
  if (originType !== 's3') throw notDone(`origin access control for ${originType} origins`);
  const protocol = oneOf(config.SigningProtocol, ['sigv4', 'sigv4a'], `${WHERE}/SigningProtocol`);
  if (protocol !== 'sigv4') throw notDone(`the signing protocol ${protocol}`);
  const signing = oneOf(
    config.SigningBehavior,
    ['always', 'never', 'no-override'],
    `${WHERE}/SigningBehavior`,
  );
  if (signing === 'no-override') throw notDone('the signing behavior no-override');
  const name = requiredString(config.Name, `${WHERE}/Name`);
  if (name.length > MAX_NAME)
    throw invalidArgument(`The parameter Name is longer than ${MAX_NAME} characters.`);
  return { id, name, signing };
}
