import { constants } from 'node:os';
import { omitUndefined } from '../protocol/fields.ts';
import { type Hint, type HintLine, InUse } from './command-line.ts';

/** Process exit codes; the table in docs/scripts-and-ci.md is part of the command line contract. */
export const EXIT = {
  done: 0,
  other: 1,
  usage: 2,
  input: 3,
  auth: 4,
  network: 5,
  policy: 6,
  integrity: 7,
  aws: 8,
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Every error code and its exit code. Callers match on the code, never on the text. */
export const ERROR_EXIT = {
  unexpected: EXIT.other,
  disk: EXIT.other,
  settings: EXIT.other,
  busy: EXIT.other,
  usage: EXIT.usage,
  no_deployment: EXIT.usage,
  not_found: EXIT.input,
  file_missing: EXIT.input,
  file_unreadable: EXIT.input,
  file_is_folder: EXIT.input,
  file_special: EXIT.input,
  file_changed: EXIT.input,
  not_signed_in: EXIT.auth,
  sign_in_refused: EXIT.auth,
  password_rejected: EXIT.auth,
  challenge_unsupported: EXIT.auth,
  token_refused: EXIT.auth,
  forbidden: EXIT.auth,
  not_an_edge: EXIT.network,
  unreachable: EXIT.network,
  tls: EXIT.network,
  gave_up: EXIT.network,
  exists: EXIT.policy,
  too_large: EXIT.policy,
  bad_key: EXIT.policy,
  refused_by_edge: EXIT.policy,
  refused_by_store: EXIT.policy,
  bytes_differ: EXIT.integrity,
  credentials: EXIT.aws,
  access_denied: EXIT.aws,
  clock: EXIT.aws,
  throttled: EXIT.aws,
  aws: EXIT.aws,
  stack_missing: EXIT.aws,
  stack_foreign: EXIT.aws,
  stack_protected: EXIT.aws,
  stack_busy: EXIT.aws,
  stack_failed: EXIT.aws,
  replicas: EXIT.aws,
  local_cloud: EXIT.aws,
  interrupted: EXIT.interrupted,
} as const satisfies Record<string, ExitCode>;

export type ErrorCode = keyof typeof ERROR_EXIT;

/** Texts of an error for programs that use the library, where the command line's name flags or variables. */
export interface LibraryTexts {
  readonly message?: string;
  readonly hint?: Hint;
}

export interface UserErrorOptions {
  /** The next command to type, or what to change. */
  readonly hint?: Hint;
  readonly library?: LibraryTexts;
  readonly cause?: unknown;
}

/** The one error type for users: what happened and why (`message`), and what to do about it (`hint`). */
export class UserError extends Error {
  override readonly name = 'UserError';
  readonly code: ErrorCode;
  /** Line by line, as it is printed. */
  readonly hintLines: readonly HintLine[];
  readonly library: LibraryTexts;

  constructor(code: ErrorCode, message: string, options: UserErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hintLines = [options.hint ?? []].flat();
    const { message: shown, hint } = options.library ?? {};
    this.library = omitUndefined({ message: shown, hint });
  }

  get hint(): string | undefined {
    return this.hintFor(new InUse());
  }

  /** Returns the hint in which commands name the deployment in use. */
  hintFor(inUse: InUse): string | undefined {
    return this.hintLines.length === 0 ? undefined : inUse.lines(this.hintLines).join('\n');
  }

  /** Returns this error with more lines in its hint. Its cause stays the direct one, by which callers recognize it. */
  withHint(...more: readonly HintLine[]): UserError {
    return new UserError(this.code, this.message, { hint: [...this.hintLines, ...more], cause: this.cause });
  }

  get exitCode(): ExitCode {
    return ERROR_EXIT[this.code];
  }
}

export function isUserError(error: unknown): error is UserError {
  return error instanceof UserError;
}

/** Returns the error for Ctrl-C; `hint` says how to continue. */
export function interrupted(hint?: Hint): UserError {
  return new UserError('interrupted', 'Interrupted.', omitUndefined({ hint }));
}

/** Returns the `code` of a Node system error (`ENOENT`, `ECONNRESET`…), also of a cause. */
export function systemCode(error: unknown): string | undefined {
  for (let at = error; at instanceof Error; at = at.cause) {
    if (at instanceof AggregateError && at.errors.length > 0) return systemCode(at.errors[0]);
    if ('code' in at && typeof at.code === 'string' && !(at instanceof UserError)) return named(at.code);
  }
  return undefined;
}

/** Node has no names for some errors, such as ESTALE and EDQUOT of network disks: “Unknown system error -116”. */
function named(code: string): string {
  const number = /^Unknown system error -(\d+)$/.exec(code)?.[1];
  if (number === undefined) return code;
  const [name] = Object.entries(constants.errno).find(([, value]) => value === Number(number)) ?? [];
  return name ?? code;
}
