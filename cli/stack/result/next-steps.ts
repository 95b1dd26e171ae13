import type { StackOptions } from '../../../infra/options.ts';
import { command, type HintLine } from '../../command-line.ts';
import { isUserError } from '../../errors.ts';
import type { StackOutputs } from '../find-stack.ts';
import { countUsers } from '../operate/pool.ts';
import type { StackWork } from '../stack-work.ts';

/** What follows a deploy as long as nobody can sign in. */
const FIRST_USER = [
  '',
  'Next, create a user and sign in:',
  command`edge-upload login --create --email you@example.com`,
  'Or create a user for somebody else:',
  command`edge-upload user add ada --email ada@example.com`,
];

/** What follows a deploy without a user pool as long as no issuer is trusted. */
const FIRST_ISSUER = [
  '',
  'Nobody can upload yet. Trust an identity provider or a CI system:',
  command`edge-upload trust --help`,
];

/** What follows a deploy that adds the upload page. */
const FIRST_LINK = [
  '',
  'For somebody without an account, create a link to the page:',
  command`edge-upload link create`,
];

interface Deployed {
  readonly outputs: StackOutputs;
  readonly options: StackOptions;
  /** The options before. */
  readonly previous: StackOptions;
}

/** Returns lines that say what to do after a deploy. */
export async function nextSteps(
  work: StackWork,
  { outputs, options, previous }: Deployed,
): Promise<readonly HintLine[]> {
  const { userPool = true, trust = [] } = options;
  const confirmation = confirmationLines(previous, options, work.local !== undefined);
  const link = options.page && !previous.page ? FIRST_LINK : [];
  if (!userPool) return [...confirmation, ...(trust.length === 0 ? FIRST_ISSUER : []), ...link];
  return [...confirmation, ...((await hasNoUsers(work, outputs)) ? FIRST_USER : []), ...link];
}

/** Whether the pool has no user yet; false where nobody can tell. */
async function hasNoUsers(work: StackWork, { userPoolId }: StackOutputs): Promise<boolean> {
  if (userPoolId === undefined) return false;
  try {
    return (await countUsers(work, userPoolId)) === 0;
  } catch (error) {
    if (!isUserError(error) || error.code === 'interrupted') throw error;
    work.context.ui.event({ type: 'debug', text: `The users could not be counted: ${error.message}` });
    return false;
  }
}

/** https://docs.aws.amazon.com/sns/latest/api/API_Subscribe.html */
function confirmationLines(
  { notify: before = [] }: StackOptions,
  { notify: after = [] }: StackOptions,
  local: boolean,
): HintLine[] {
  const added = after.filter((address) => !before.includes(address));
  if (added.length === 0) return [];
  return [
    '',
    `Not confirmed yet: ${added.join(', ')}`,
    'AWS sends each address a mail with a link, which its owner opens within two days.',
    ...(local
      ? ['In the embedded cloud, mails are files. Their folder:', command`edge-upload local status`]
      : []),
  ];
}
