import type { StackOptions } from '../../../infra/options.ts';
import { type CommandLine, command } from '../../command-line.ts';
import { UserError } from '../../errors.ts';
import { changedCommand, sameCommand } from '../../same-command.ts';
import { tenantOf } from '../../trust/entra-tenants.ts';
import { isPublicIssuer } from '../../trust/shared-issuers.ts';
import { type OptionKind, type OptionName, textValue } from './option-kind.ts';

const awsOnly = 'the embedded Cognito has no managed login';

/** Options of the identity provider behind the user pool. */
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
    ...textValue(isIdp),
  },
  idpClientId: {
    flag: '--idp-client-id',
    argument: '<id>',
    summary: "The pool's client at the OIDC provider of --idp",
    takes: 'a client id of up to 255 characters without blanks',
    needs: 'idp',
    ofPool: true,
    awsOnly,
    ...textValue((id) => /^[\x21-\x7e]{1,255}$/.test(id) && !id.includes('{{')),
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
    ...textValue(isSecretName),
  },
} satisfies { readonly [Name in OptionName]?: OptionKind<NonNullable<StackOptions[Name]>> };

/** Whether a text is an https address without user name or fragment. An exact one has no query either. */
function isAddress(text: string, isExact: boolean): boolean {
  if (text.length > 1024 || !/^https:\/\/[\x21-\x7e]+$/.test(text) || !URL.canParse(text)) return false;
  const { username, password, search, hash } = new URL(text);
  return username === '' && password === '' && hash === '' && !(isExact && search !== '');
}

/** `saml:` with the address of a metadata document, or `oidc:` with an issuer. */
function isIdp(idp: string): boolean {
  const [, kind, address = ''] = /^(saml|oidc):(.*)$/s.exec(idp) ?? [];
  return kind !== undefined && isAddress(address, kind === 'oidc');
}

/** https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html, without a version. */
function isSecretName(name: string): boolean {
  return (
    /^[\w/+=.@-]{1,512}$/.test(name) ||
    /^arn:aws:secretsmanager:us-east-1:\d{12}:secret:[\w/+=.@-]{1,512}$/.test(name)
  );
}

/**
 * Whether a group is the one that Cognito adds every user of the provider to: `<user pool id>_idp`.
 * https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-user-groups.html
 */
const isGroupOfAll = (group: string) => /^[a-z]{2}(?:-[a-z]+)+-\d+_[0-9a-z]+_idp$/i.test(group);

/**
 * Returns the command that trusts people of one organisation at a public issuer. The pool has no rule on domains: its access
 * tokens contain no attribute of a user, and users can change the attributes that a provider fills.
 * https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_UserPoolClientType.html
 */
function trustCommand(issuer: string): CommandLine {
  if (tenantOf(issuer) !== undefined) return command`edge-upload trust entra <tenant> --client-id <id>`;
  if (/^https:\/\/accounts\.google\.com\/?$/i.test(issuer))
    return command`edge-upload trust google <domain> --client-id <id> --client-secret-public <secret>`;
  return command`edge-upload trust oidc ${issuer} --client-id <id> --when <claim=value>`;
}

/**
 * Refuses an identity provider without the settings that Cognito needs, or through which anyone could upload.
 * @throws {UserError} `usage`
 */
export function refuseIdp(idp: string, { idpClientId, idpSecret, allowGroups }: StackOptions): void {
  const isSaml = idp.startsWith('saml:');
  const extra = idpClientId === undefined ? '--idp-secret' : '--idp-client-id';
  if (isSaml && (idpClientId !== undefined || idpSecret !== undefined)) {
    throw new UserError('usage', `${extra} is not used with a SAML provider.`, {
      hint: ['Omit it, or reset it:', command`edge-upload deploy --unset ${extra.slice(2)}`],
    });
  }
  if (!isSaml && (idpClientId === undefined || idpSecret === undefined)) {
    const missing = idpClientId === undefined ? '--idp-client-id <id>' : '--idp-secret <name>';
    throw new UserError('usage', `--idp ${idp} needs ${missing} too.`, {
      hint: [
        'Put the secret of the client into AWS Secrets Manager, and name it:',
        command`aws secretsmanager create-secret --region us-east-1 --name edge-upload-idp --secret-string file://secret.txt`,
        sameCommand`--idp-client-id <id> --idp-secret edge-upload-idp`,
      ],
    });
  }
  const issuer = idp.slice('oidc:'.length);
  if (isSaml || !isPublicIssuer(issuer)) return;
  const instead = [
    'For the people of one domain or tenant, trust the provider at the edge instead:',
    trustCommand(issuer),
  ];
  const everybodys = allowGroups?.find(isGroupOfAll);
  if (everybodys !== undefined) {
    throw new UserError(
      'usage',
      `--allow-group ${everybodys} contains everybody who signs in through --idp ${idp}: anybody could upload.`,
      {
        hint: ['Allow a group that you add people to:', changedCommand`--allow-group <name>`, ...instead],
      },
    );
  }
  if (allowGroups !== undefined) return;
  throw new UserError('usage', `--idp ${idp} has accounts for everybody: anybody could upload.`, {
    hint: [
      'Allow a group of the user pool, and add people to it:',
      sameCommand`--allow-group <name>`,
      ...instead,
    ],
  });
}
