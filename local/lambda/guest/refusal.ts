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
