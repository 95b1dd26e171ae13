import { encodeKey } from '../../protocol/percent-encode.ts';
import { count, formatLimit, formatMinute } from '../ui/format.ts';
import { shellWord } from '../ui/shell-word.ts';
import type { DeployedEdge } from './deployed-edge.ts';
import type { TokenEntry } from './token-entry.ts';
import type { TokenRequest } from './token-request.ts';

/** Returns what a token allows, as the end of a sentence. */
export function scopeWords({ kind, key, prefix, maxSize, noClobber }: TokenEntry): string {
  const what = key === undefined ? `keys that begin with “${prefix}”` : `one file, stored as “${key}”`;
  const size =
    maxSize === undefined ? '' : `, up to ${formatLimit(maxSize)}${key === undefined ? ' each' : ''}`;
  return `${what}${size}${kind === 'key' && noClobber ? ', without overwriting' : ''}`;
}

/** Returns `2026-12-05 22:34 UTC`. */
export function untilWords({ expiresAt }: Pick<TokenEntry, 'expiresAt'>): string {
  return `${formatMinute(expiresAt)} UTC`;
}

/** Returns the address of a link, whose fragment is the token: no server gets it, and no log. */
export function linkAddress({ url }: Pick<DeployedEdge, 'url'>, token: string): string {
  return `${url}/#${token}`;
}

/** Returns the address that uploads go to. One that ends with a slash is completed with the name of the file. */
export function uploadAddress({ url }: Pick<DeployedEdge, 'url'>, { key, prefix = '' }: TokenEntry): string {
  return `${url}/${encodeKey(key ?? prefix)}`;
}

/** Returns the name of a file for an example. */
export function exampleFile({ key }: TokenEntry): string {
  const name = key?.split('/').at(-1) ?? 'report.pdf';
  // A hyphen at the start would make it a flag.
  return name.startsWith('-') ? `./${name}` : name;
}

/**
 * Returns a line that uploads a file with curl. The token is in no process list: `echo` is part of the shell.
 * @param caFile certificate authority of an embedded cloud
 */
export function curlLine(edge: DeployedEdge, entry: TokenEntry, token: string, caFile?: string): string {
  const trust = caFile === undefined ? '' : `--cacert ${shellWord(caFile)} `;
  const file = shellWord(exampleFile(entry));
  const to = shellWord(uploadAddress(edge, entry));
  // Without -g, curl takes brackets and braces in the name of a file as patterns.
  return `echo 'Authorization: Bearer ${token}' | curl ${trust}-g -T ${file} -H @- ${to}`;
}

/** Returns who made a token: `user/ada`, `assumed-role/Admin/ada`. */
export function makerOf({ createdBy }: TokenEntry): string {
  return createdBy.split(':').slice(5).join(':') || createdBy;
}

const DAY_SECONDS = 86_400;

/** Returns notes about what the deployment limits: the size of objects, and how long the record of a token is kept. */
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
