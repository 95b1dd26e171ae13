import type { JsonObject } from '../../json.ts';
import type { ResourceHandler } from '../../resource.ts';
import { distributionId } from '../ids.ts';
import type { StoredAccessControl } from '../model.ts';
import type { Store } from '../store.ts';
import { namedResource } from './named-resource.ts';
import {
  checkProperties,
  invalidArgument,
  notDone,
  oneOf,
  optionalString,
  requiredObject,
  requiredString,
} from './properties.ts';

const WHERE = '#/OriginAccessControlConfig';
const MAX_NAME = 64;

/** `AWS::CloudFront::OriginAccessControl` for S3 origins, sigv4; `Ref` and `Id` give its id. */
export function accessControls(store: Store): ResourceHandler {
  return namedResource(store, {
    kind: 'OriginAccessControl',
    noun: 'origin access control',
    whileUsed: 'in use by one or more distributions',
    newId: distributionId,
    parse: parseControl,
    all: (state) => state.accessControls,
    put: (all) => ({ accessControls: all }),
    uses: ({ config }, id) => config.origins.some(({ accessControlId }) => accessControlId === id),
  });
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
