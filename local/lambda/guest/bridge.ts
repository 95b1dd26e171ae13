/**
 * The way out of the function's context: one function of the outer realm that takes and gives strings. It stays in this
 * module; code of the function never gets hold of it, nor of any other object of the outer realm.
 */
export type Host = (operation: string, a: string, b: string, c: string, d: string) => string;

let host: Host | undefined;

export function openBridge(given: Host): void {
  host = given;
}

/**
 * Has the outer realm do something.
 *
 * @throws the error that it answers with, made anew in this realm
 */
export function call(operation: string, a = '', b = '', c = '', d = ''): string {
  let answer: string;
  try {
    if (host === undefined) throw new Error('the bridge is closed');
    answer = host(operation, `${a}`, `${b}`, `${c}`, `${d}`);
  } catch {
    // Such as a stack that is full at the boundary: the error may be one of the outer realm, and is not passed on.
    throw new Error(`${operation} failed`);
  }
  if (answer[0] === '=') return answer.slice(1);
  throw errorOf(answer.slice(1));
}

interface ErrorText {
  readonly name: string;
  readonly message: string;
  readonly code?: string;
}

const KINDS: Readonly<Record<string, ErrorConstructor>> = { RangeError, SyntaxError, TypeError };

/** An error of this realm from what the outer realm says of its own. */
export function errorOf(json: string): Error {
  const { name, message, code } = JSON.parse(json) as ErrorText;
  const Kind = KINDS[name] ?? Error;
  const error = new Kind(message);
  if (code !== undefined) Object.assign(error, { code });
  return error;
}

export function callJson<T>(operation: string, a = '', b = '', c = '', d = ''): T {
  return JSON.parse(call(operation, a, b, c, d)) as T;
}
