import type { ResourceHandler } from '../../resource.ts';
import { changed, oneOf, required, structure, text } from '../../shape.ts';
import { distributionId } from '../model.ts';
import type { CloudFrontStore } from '../store.ts';
import { namedResource } from './named-resource.ts';
import { invalidArgument, name } from './shapes.ts';

const MAX_NAME = 64;

const config = structure({
  Description: text(),
  Name: required(
    changed(name, (given) => {
      if (given.length <= MAX_NAME) return given;
      throw invalidArgument(`The parameter Name is longer than ${MAX_NAME} characters.`);
    }),
  ),
  OriginAccessControlOriginType: required(
    oneOf(['s3'], { notSupported: ['mediastore', 'mediapackagev2', 'lambda'] }),
  ),
  SigningBehavior: required(oneOf(['always', 'never'], { notSupported: ['no-override'] })),
  SigningProtocol: required(oneOf(['sigv4'], { notSupported: ['sigv4a'] })),
});

const shape = changed(
  structure({ OriginAccessControlConfig: required(config) }),
  ({ OriginAccessControlConfig: { Name, SigningBehavior } }) => ({ name: Name, signing: SigningBehavior }),
);

/** `AWS::CloudFront::OriginAccessControl` for S3 origins, sigv4; `Ref` and `Id` return its id. */
export function accessControls(store: CloudFrontStore): ResourceHandler {
  return namedResource(store, {
    name: 'OriginAccessControl',
    kind: 'accessControls',
    whileUsed: 'in use by one or more distributions',
    newId: distributionId,
    shape,
    uses: ({ origins }, id) => origins.some(({ accessControlId }) => accessControlId === id),
  });
}
