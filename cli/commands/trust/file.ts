import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { TrustedIssuer } from '../../../infra/options.ts';
import { omitUndefined } from '../../../protocol/omit-undefined.ts';
import type { Context, Result } from '../../context.ts';
import { systemCode, UserError } from '../../errors.ts';
import { decodeText } from '../../text.ts';
import { JOB_COMMANDS } from '../../trust/ci-issuers.ts';
import { discoverIssuers } from '../../trust/discovery.ts';
import type { Documents } from '../../trust/documents.ts';
import type { FiledIssuer } from '../../trust/trust-document.ts';
import { readTrustFile } from '../../trust/trust-file.ts';
import type { ApplyArgs } from '../deploy.ts';
import { applyTrust } from './apply.ts';

export interface FileArgs extends ApplyArgs {
  readonly file?: string;
  /** A word that is not the name of a provider. */
  readonly unknown?: string;
}

/** Trusts the issuers of a file, and no others. */
export async function file(context: Context, args: FileArgs): Promise<Result> {
  const { unknown } = args;
  if (args.file === undefined || unknown !== undefined) {
    const problem = unknown === undefined ? '' : `There is no provider “${unknown}”. `;
    throw new UserError('usage', `${problem}Name a provider, or a file of issuers.`, {
      hint: [
        'Such as one of:',
        '  edge-upload trust entra <tenant> --client-id <id>',
        `  ${JOB_COMMANDS.github}`,
        '  edge-upload trust --file trust.yaml',
        'See all: edge-upload trust --help',
      ],
    });
  }
  const issuers = await readTrustFile(await textOf(resolve(context.cwd, args.file), args.file));
  return applyTrust(context, args, (_kept, documents) =>
    Promise.all(issuers.map((issuer) => withKeySet(issuer, documents))),
  );
}

async function textOf(path: string, name: string): Promise<string> {
  try {
    return decodeText(await readFile(path), { name });
  } catch (error) {
    if (error instanceof UserError) throw error;
    const missing = systemCode(error) === 'ENOENT';
    throw new UserError(
      missing ? 'file_missing' : 'file_unreadable',
      `${name} ${missing ? 'does not exist' : `cannot be read (${systemCode(error)})`}.`,
      { hint: ['Write one:', '  edge-upload trust list --yaml > trust.yaml'], cause: error },
    );
  }
}

async function withKeySet(issuer: FiledIssuer, documents: Documents): Promise<TrustedIssuer> {
  const discovered = await discoverIssuers(issuer.iss, documents);
  const { alias, kind, preset, iss, ...rest } = issuer;
  const tokenOrigin = kind === 'people' ? discovered.tokenOrigin : undefined;
  const { jwksUri } = discovered;
  return {
    alias,
    kind,
    ...omitUndefined({ preset }),
    iss,
    jwksUri,
    ...omitUndefined({ tokenOrigin }),
    ...rest,
  };
}
