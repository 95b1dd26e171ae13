/** Matches an error by its AWS name and message. */
export const awsError = (name: string, message?: string | RegExp) => (error: unknown) => {
  if (!(error instanceof Error) || error.name !== name) throw error;
  const matches =
    message === undefined ||
    (typeof message === 'string' ? error.message === message : message.test(error.message));
  if (!matches) throw new Error(`${name} says "${error.message}"`);
  return true;
};
