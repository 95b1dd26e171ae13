import { encodeKey } from '../../protocol/object-url.ts';
import { count, formatLimit, formatMinute } from '../ui/format.ts';
import { powerShellQuoted, shellWord, windowsWord } from '../ui/shell-words.ts';
import type { DeployedEdge } from './deployed-edge.ts';
import type { TokenEntry } from './token-entry.ts';
import type { TokenRequest } from './token-request.ts';

/** Describes what a token allows, as the end of a sentence. */
export function describeScope({ kind, key, prefix, maxSize, noClobber }: TokenEntry): string {
  const what = key === undefined ? `keys that begin with “${prefix}”` : `one file, stored as “${key}”`;
  const size =
    maxSize === undefined ? '' : `, up to ${formatLimit(maxSize)}${key === undefined ? ' each' : ''}`;
  return `${what}${size}${kind === 'key' && noClobber ? ', without overwriting' : ''}`;
}

/** Returns `2026-12-05 22:34 UTC`. */
export function formatExpiry({ expiresAt }: Pick<TokenEntry, 'expiresAt'>): string {
  return `${formatMinute(expiresAt)} UTC`;
}

/** Returns the address of a link. Its fragment is the token, which browsers do not send to servers. */
export function linkAddress({ url }: Pick<DeployedEdge, 'url'>, token: string): string {
  return `${url}/#${token}`;
}

/** Returns the upload URL. If it ends with a slash, curl appends the file name. */
export function uploadAddress({ url }: Pick<DeployedEdge, 'url'>, { key, prefix = '' }: TokenEntry): string {
  return `${url}/${encodeKey(key ?? prefix)}`;
}

/** Returns the name of a file for an example. */
export function exampleFile({ key }: TokenEntry): string {
  const name = key?.split('/').at(-1) ?? 'report.pdf';
  // With a leading hyphen, the name would look like a flag.
  return name.startsWith('-') ? `./${name}` : name;
}

/**
 * Returns a curl command that uploads a file. The token does not appear in the process list, because `echo` is part of
 * the shell.
 * @param caFile Certificate authority of an embedded cloud.
 */
export function curlLine(edge: DeployedEdge, entry: TokenEntry, token: string, caFile?: string): string {
  const trust = caFile === undefined ? '' : `--cacert ${shellWord(caFile)} `;
  const file = shellWord(exampleFile(entry));
  const to = shellWord(uploadAddress(edge, entry));
  // Without -g, curl expands brackets and braces in file names.
  return `echo 'Authorization: Bearer ${token}' | curl ${trust}-g -T ${file} -H @- ${to}`;
}

/** Returns a command for PowerShell that uploads a file with edge-upload. The variables stay set in that window. */
export function inPowerShell(variables: Readonly<Record<string, string>>, entry: TokenEntry): string {
  const set = Object.entries(variables).map(([name, value]) => `$env:${name} = ${powerShellQuoted(value)}`);
  return [...set, `edge-upload put ${windowsWord(exampleFile(entry))}`].join('; ');
}

/** Returns the creator of a token, such as `user/ada` or `assumed-role/Admin/ada`. */
export function creatorOf({ createdBy }: TokenEntry): string {
  return createdBy.split(':').slice(5).join(':') || createdBy;
}

const DAY_SECONDS = 86_400;

/** Returns notes about limits of the deployment: object size, and how long the token's record is kept. */
export function limitNotes(
  { maxSize: ofEdge, expireAfterDays: days }: Pick<DeployedEdge, 'maxSize' | 'expireAfterDays'>,
  { kind, maxSize, lifetime }: Pick<TokenRequest, 'kind' | 'maxSize' | 'lifetime'>,
): readonly (readonly string[])[] {
  const notes: string[][] = [];
  if (maxSize !== undefined && ofEdge !== undefined && maxSize > ofEdge) {
    notes.push([`The deployment itself accepts objects of up to ${formatLimit(ofEdge)}.`]);
  }
  if (days !== undefined && lifetime > days * DAY_SECONDS) {
    notes.push([
      `The deployment deletes objects after ${count(days, 'day')} (--expire-after), and the record of this ${kind} too.`,
      `From then on, “${kind} list” does not show it, and revoking it takes its id and --force.`,
    ]);
  }
  return notes;
}
