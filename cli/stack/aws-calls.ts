import { createHash } from 'node:crypto';
import { command } from '../command-line.ts';
import type { Context } from '../context.ts';
import { interrupted, isUserError, UserError } from '../errors.ts';
import type { OperatorClients } from '../network/aws.ts';
import { awsFailure, unexpectedAwsResponse } from './aws-failures.ts';

/** Runs one piece of AWS work. A failure becomes a user's error that names the work. */
export async function onAws<T>(doing: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw awsFailure(error, doing);
  }
}

interface Clients {
  readonly clients: OperatorClients;
}

interface Operated {
  readonly context: Pick<Context, 'now'>;
  readonly clients: Pick<OperatorClients, 'cloudformation'>;
}

/** Returns the time at AWS. The SDK measures the error of this computer's clock by the responses of CloudFormation. */
export function timeAtAws({ context, clients }: Operated): Date {
  return new Date(context.now().getTime() + clients.cloudformation.config.systemClockOffset);
}

/** Returns the time at AWS in whole seconds since 1970, as in the claims of tokens. */
export function secondsAtAws(operated: Operated): number {
  return Math.floor(timeAtAws(operated).getTime() / 1000);
}

/** Whose credentials a command uses. */
export interface AwsCaller {
  readonly account: string;
  /** Of a user, an assumed role or the root user. */
  readonly arn: string;
}

const CHECKING = 'Checking the AWS credentials';

/** The clients of a command have the credentials of one caller. */
const callers = new WeakMap<OperatorClients, AwsCaller>();

/** Returns whose credentials the command uses, from one request. @throws {UserError} `aws` for a response without an account */
export async function callerIdentity({ clients }: Clients): Promise<AwsCaller> {
  const known = callers.get(clients);
  if (known !== undefined) return known;
  const { GetCallerIdentityCommand } = await import('@aws-sdk/client-sts');
  const { Account, Arn } = await onAws(CHECKING, () => clients.sts.send(new GetCallerIdentityCommand({})));
  if (!Account || !Arn) throw unexpectedAwsResponse('STS', CHECKING, 'it names no account');
  const caller = { account: Account, arn: Arn };
  callers.set(clients, caller);
  return caller;
}

/** Names a caller for `doctor` and `deploy`, such as `account 123456789012, user/ada`. */
export function callerWords({ account, arn }: AwsCaller): string {
  return `account ${account}, ${arn.split(':').slice(5).join(':')}`;
}

export function isRoot({ arn }: AwsCaller): boolean {
  return arn.endsWith(':root');
}

/** Returns the name of the service's error that caused a user's error. */
export function causeName(error: unknown): string | undefined {
  return isUserError(error) && error.cause instanceof Error ? error.cause.name : undefined;
}

/** Whether a service reported that the bucket does not exist. */
export function isBucketGone(error: unknown): boolean {
  return causeName(error) === 'NoSuchBucket';
}

/** Whether S3 refused to delete a bucket that has objects. */
export function isBucketNotEmpty(error: unknown): boolean {
  return causeName(error) === 'BucketNotEmpty';
}

/** Runs a read that an operator who only deploys is not allowed to do; calls `onDenied` and returns `denied` then. */
export async function ifAllowed<T>(
  read: () => Promise<T>,
  onDenied?: (error: UserError) => void,
): Promise<T | 'denied'> {
  try {
    return await read();
  } catch (error) {
    if (!isUserError(error) || error.code !== 'access_denied') throw error;
    onDenied?.(error);
    return 'denied';
  }
}

/** Returns why a check is skipped: a service refused its request or did not respond. @param action IAM's name of the request. */
export function whyUnanswered(error: unknown, service: string, action: string): string {
  const { name } = error as Error;
  return /^AccessDenied/.test(name) ? `not allowed (${action})` : `${service} does not respond: ${name}`;
}

/** Error names of services for a resource that does not exist. */
const GONE: ReadonlySet<string | undefined> = new Set([
  'NoSuchBucket',
  'NotFound',
  'ResourceNotFoundException',
]);

/** Runs work on a resource that may have been deleted meanwhile; returns `undefined` then. */
export async function ifThere<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (GONE.has(causeName(error))) return undefined;
    throw error;
  }
}

/**
 * CloudFormation's error for a request about a change set after another operation of the stack has started, which removes
 * or outdates all change sets. It has codes only for change sets.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ExecuteChangeSet.html
 */
const CODES = ['ChangeSetNotFoundException', 'InvalidChangeSetStatusException'];
const WORDS =
  /^(Stack|ChangeSet)\b.*(does not exist|can not be updated|already exists and cannot be created)/s;

/** Whether a request failed because somebody else changed or deleted the stack meanwhile. */
export function isOvertaken(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return CODES.includes(error.name) || (error.name === 'ValidationError' && WORDS.test(error.message));
}

interface NamedStack {
  readonly stackName: string;
}

/** Returns the error for a change that another change or deletion of the stack has made obsolete. */
export function overtaken({ stackName }: NamedStack, cause?: unknown): UserError {
  return new UserError(
    'stack_failed',
    `Something else deployed or deleted the stack “${stackName}” meanwhile.`,
    {
      hint: [
        'Its change stays. This change was applied in part, or not at all. See what is deployed, then run the same command again:',
        command`edge-upload status`,
      ],
      ...(cause !== undefined && { cause }),
    },
  );
}

/** Runs a request about a planned change. */
export function onPlan<T>(stack: NamedStack, doing: string, run: () => Promise<T>): Promise<T> {
  return onAws(doing, async () => {
    try {
      return await run();
    } catch (error) {
      throw isOvertaken(error) ? overtaken(stack, error) : error;
    }
  });
}

/** How to read an AWS list page by page. */
interface Listing<Page, Token> {
  /** Start of error messages: `Listing the users`. */
  readonly doing: string;
  /** Ends the list, and the current request if `ask` passes the signal on. */
  readonly signal?: AbortSignal;
  readonly ask: (token: Token | undefined) => Promise<Page>;
  /** The token of the next page; `undefined` on the last. */
  readonly next: (page: Page) => Token | undefined;
}

/** Pages of a bucket with a billion objects. */
const MAX_PAGES = 1_000_000;

/** FilterLogEvents returns empty pages while it searches, but fewer than this in a row. */
const MAX_EMPTY_PAGES = 2_000;

function endless(doing: string, why: string): UserError {
  return new UserError('aws', `${doing} failed: ${why}.`, {
    hint: 'Run the same command again. If AWS_ENDPOINT_URL is set, check which server responds there.',
  });
}

/** Returns a digest of the items of a page; `undefined` if it is empty. */
function contents(page: unknown): string | undefined {
  const items = Object.values(page ?? {})
    .filter(Array.isArray)
    .flat();
  return items.length === 0 ? undefined : createHash('sha256').update(JSON.stringify(items)).digest('base64');
}

/**
 * Yields the pages of a list until its end. A list that would never end is an error: a page that points back to an earlier
 * one, lists the same as the one before, or comes after too many empty ones.
 * @throws {UserError} `aws`, or `interrupted` once the signal is aborted
 * @throws errors of `ask` unchanged
 */
export async function* rawPages<Page, Token>({
  doing,
  signal,
  ask,
  next,
}: Listing<Page, Token>): AsyncGenerator<Page> {
  let token: Token | undefined;
  // The distance between marked pages doubles, so that every loop returns to a marked page.
  let marked: string | undefined;
  let nextMark = 1;
  let before: string | undefined;
  let empty = 0;
  for (let read = 1; ; read += 1) {
    if (signal?.aborted) throw interrupted();
    const page = await ask(token).catch((error: unknown) => {
      throw signal?.aborted ? interrupted() : error;
    });
    yield page;
    token = next(page);
    if (token === undefined) return;
    const text = JSON.stringify(token);
    const listed = contents(page);
    const isSame = listed !== undefined && listed === before;
    before = listed;
    empty = listed === undefined ? empty + 1 : 0;
    if (text === marked || isSame) throw endless(doing, 'AWS returned the same page again');
    if (read === MAX_PAGES) throw endless(doing, `AWS returned ${MAX_PAGES} pages and more`);
    if (empty === MAX_EMPTY_PAGES)
      throw endless(doing, `AWS returned ${MAX_EMPTY_PAGES} empty pages in a row`);
    if (read < nextMark) continue;
    marked = text;
    nextMark *= 2;
  }
}

/** Like `rawPages`. A failed request is an operator's error that begins with `doing`. */
export function pages<Page, Token>(listing: Listing<Page, Token>): AsyncGenerator<Page> {
  const { doing, ask } = listing;
  return rawPages({ ...listing, ask: (token) => onAws(doing, () => ask(token)) });
}
