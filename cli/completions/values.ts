import type { Argument, Option } from 'commander';
import type { Context } from '../context.ts';
import { suggestedValues } from '../program.ts';
import { currentDeployment, listDeployments } from '../settings/deployments.ts';
import { journalFolder } from '../settings/folders.ts';
import { ALGORITHMS } from '../transfer/integrity.ts';
import { journalId } from '../transfer/multipart/journal.ts';
import { isOfStream } from '../transfer/multipart/journal-entry.ts';
import { listJournals } from '../transfer/multipart/journals.ts';
import { MULTIPART_MODES } from '../transfer/plan.ts';
import type { Cursor } from './cursor.ts';

/** A suggested word, with the description that a shell shows. */
export interface Suggestion {
  readonly value: string;
  readonly description: string;
}

type Source = (context: Context, words: readonly string[]) => Promise<readonly Suggestion[]>;

const plain = (values: readonly string[]) => values.map((value) => ({ value, description: '' }));

const deployments: Source = async (context) =>
  (await listDeployments(context)).map(({ name, url }) => ({ value: name, description: url }));

const addresses: Source = async (context) =>
  (await listDeployments(context)).map(({ name, url }) => ({ value: url, description: name }));

/** Issuers with a stored sign-in, for the deployment of the command line. */
const issuers: Source = async (context, words) => {
  const known = await listDeployments(context);
  const typed = words.flatMap((word, at) => {
    if (word === '--stack-name') return [words[at + 1]];
    return word.startsWith('--stack-name=') ? [word.slice('--stack-name='.length)] : [];
  })[0];
  const name = typed ?? context.env.EDGE_UPLOAD_STACK;
  const byAddress = known.find(({ url }) => words.includes(url));
  const chosen = byAddress ?? known.find((one) => one.name === name);
  const deployment = chosen ?? (typed === undefined ? await currentDeployment(context) : undefined);
  return (deployment?.issuers ?? []).map(({ alias, issuer }) => ({ value: alias, description: issuer }));
};

async function unfinished(context: Context) {
  // `uploads list` reports unreadable files among the journals.
  return (await listJournals(journalFolder(context), () => {})).map(({ entry }) => entry);
}

const uploadIds: Source = async (context) =>
  (await unfinished(context)).map((entry) => ({
    value: journalId(entry),
    description: `${entry.key} of ${isOfStream(entry) ? 'standard input' : entry.path}`,
  }));

/** Keys of unfinished uploads, which resume if they are typed again. */
const uploadKeys: Source = async (context) =>
  (await unfinished(context)).flatMap((entry) =>
    isOfStream(entry) ? [] : [{ value: entry.key, description: `unfinished, of ${entry.path}` }],
  );

const OPTION_VALUES: Readonly<Record<string, Source>> = {
  '--stack-name': deployments,
  '--issuer': issuers,
  'put --as': uploadKeys,
  'put --multipart': async () => plain(MULTIPART_MODES),
  'put --checksum': async () => plain(ALGORITHMS),
};

const ARGUMENT_VALUES: Readonly<Record<string, Source>> = {
  login: addresses,
  'password reset': addresses,
  'deployments use': deployments,
  'deployments forget': deployments,
  'uploads abort': uploadIds,
  'trust show': issuers,
  'trust remove': issuers,
};

/** Returns the known values of the option or argument at the cursor; none if files cannot be read. */
export async function knownValues(
  context: Context,
  { path, option, argument }: Cursor,
  words: readonly string[],
): Promise<readonly Suggestion[]> {
  const choices = (option && suggestedValues(option)) ?? (option ?? argument)?.argChoices;
  if (choices !== undefined) return plain(choices);
  const { long = '' } = option ?? {};
  const source =
    option === undefined
      ? ARGUMENT_VALUES[argument === undefined ? '' : path]
      : (OPTION_VALUES[`${path} ${long}`] ?? OPTION_VALUES[long]);
  if (source === undefined) return [];
  // Completion never fails. The commands that need a file report what is wrong with it.
  return source(context, words).catch(() => []);
}

/** Whether an option or argument is the name of a file or folder, judged by its placeholder in the help. */
export function fileKind(option: Option | undefined, argument: Argument | undefined) {
  const placeholder = option === undefined ? argument?.name() : /<(.*)>/.exec(option.flags)?.[1];
  if (placeholder === 'folder') return 'folders';
  return /^(?:file|list|path)$/.test(placeholder ?? '') ? 'files' : 'nothing';
}
