import type { StackOptions } from '../../../infra/options.ts';
import { isIdp, isSecretName } from './idp.ts';
import type { OptionKind, OptionName } from './option-kind.ts';
import { text } from './values.ts';

const awsOnly = 'the embedded Cognito has no managed login';

/** The options of an identity provider behind the user pool. */
export const IDP_KINDS = {
  idp: {
    flag: '--idp',
    argument: '<provider>',
    summary: 'Sign in users of a SAML or OIDC provider too; AWS only',
    details:
      "`saml:<address of the metadata>` or `oidc:<issuer>`. Users are sent to the provider by the pool's managed login, and become users of the pool.",
    takes: 'saml: with the https address of a metadata document, or oidc: with an https issuer',
    ofPool: true,
    awsOnly,
    ...text(isIdp),
  },
  idpClientId: {
    flag: '--idp-client-id',
    argument: '<id>',
    summary: "The pool's client at the OIDC provider of --idp",
    takes: 'a client id of up to 255 characters without blanks',
    needs: 'idp',
    ofPool: true,
    awsOnly,
    ...text((id) => /^[\x21-\x7e]{1,255}$/.test(id) && !id.includes('{{')),
  },
  idpSecret: {
    flag: '--idp-secret',
    argument: '<name>',
    summary: "The Secrets Manager secret with that client's secret",
    details:
      'Its whole text is the secret. CloudFormation reads it when the provider is created or changed; nothing else sees it.',
    takes: 'the name or ARN of a secret of AWS Secrets Manager in us-east-1',
    needs: 'idp',
    ofPool: true,
    awsOnly,
    ...text(isSecretName),
  },
} satisfies { readonly [Name in OptionName]?: OptionKind<NonNullable<StackOptions[Name]>> };
