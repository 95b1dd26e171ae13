/**
 * The only way out of the function's context: a function of the outer realm that takes and returns strings. It is private
 * to this module. The function's code cannot reach it or any other object of the outer realm.
 */
export type Host = (operation: string, a: string, b: string, c: string, d: string) => string;

let host: Host | undefined;

export function openBridge(given: Host): void {
  host = given;
}

/**
 * Calls the outer realm.
 *
 * @throws the error that it returns, recreated in this realm
 */
export function call(operation: string, a = '', b = '', c = '', d = ''): string {
  let response: string;
  try {
    if (host === undefined) throw new Error('the bridge is closed');
    response = host(operation, `${a}`, `${b}`, `${c}`, `${d}`);
  } catch {
    // For example a stack overflow at the boundary: the error can belong to the outer realm, so it is not passed on.
    throw new Error(`${operation} failed`);
  }
  if (response[0] === '=') return response.slice(1);
  throw errorOf(response.slice(1));
}

interface ErrorText {
  readonly name: string;
  readonly message: string;
  readonly code?: string;
}

const KINDS: Readonly<Record<string, ErrorConstructor>> = { RangeError, SyntaxError, TypeError };

/** Recreates an error of the outer realm in this realm. */
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

/** The error for a call that the sandbox denies, named as in Node's permission model. */
export function refusal(what: string): Error {
  return Object.assign(new Error(`${what} is not available to functions of the embedded Lambda`), {
    code: 'ERR_ACCESS_DENIED',
  });
}

/** Returns a function that always throws the denial. */
export function refused(what: string): () => never {
  return () => {
    throw refusal(what);
  };
}
