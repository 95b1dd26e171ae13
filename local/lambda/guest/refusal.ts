/** The error of a call that the sandbox does not let through; named like Node's own permission model names it. */
export function refusal(what: string): Error {
  return Object.assign(new Error(`${what} is not available to functions of the embedded Lambda`), {
    code: 'ERR_ACCESS_DENIED',
  });
}

/** A function that refuses to be called. */
export function refused(what: string): () => never {
  return () => {
    throw refusal(what);
  };
}
