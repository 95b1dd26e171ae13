import { command } from '../../command-line.ts';
import type { Context, Result } from '../../context.ts';
import {
  curlLine,
  describeScope,
  exampleFile,
  formatExpiry,
  inPowerShell,
  uploadAddress,
} from '../../links/describe-token.ts';
import { type KeyFlags, keyRequest } from '../../links/token-request.ts';
import { shellWord } from '../../ui/shell-words.ts';
import type { ApplyArgs } from '../deploy.ts';
import { create, createdDocument, declined, unprinted } from '../link/create.ts';

export interface KeyCreateArgs extends ApplyArgs, KeyFlags {}

/** Creates a key: a token for a device or a service, which is shown once. */
export async function createKey(context: Context, args: KeyCreateArgs): Promise<Result> {
  const created = await create(context, args, keyRequest(args));
  if (created === undefined) return declined('key');
  const { entry, token, edge, caFile } = created;
  const address = uploadAddress(edge, entry);
  const curl = curlLine(edge, entry, token, caFile);
  return {
    document: { ...createdDocument(created), address, curl },
    text: [
      {
        mark: 'done',
        text: `Created the key ${args.name} (${entry.id}), until ${formatExpiry(entry)}: ${describeScope(entry)}.`,
      },
      '',
      'To upload with curl, or with edge-upload, in sh, bash or zsh:',
      `  ${curl}`,
      `  EDGE_UPLOAD_URL=${shellWord(edge.url)} EDGE_UPLOAD_TOKEN=${token} edge-upload put ${shellWord(exampleFile(entry))}`,
      'In PowerShell:',
      `  ${inPowerShell({ EDGE_UPLOAD_URL: edge.url, EDGE_UPLOAD_TOKEN: token }, entry)}`,
      '',
      // After the long commands, so that a small terminal shows the key.
      'This is the key. It is shown only once:',
      `  ${token}`,
      '',
      'Anyone with the key can upload. To revoke it:',
      command`edge-upload key revoke ${entry.id}`,
    ],
    ifUnprinted: unprinted(entry),
  };
}
