/** How one invocation of a Lambda@Edge function ended. */
export type Invocation =
  | { readonly outcome: 'returned'; readonly value: unknown }
  /** It threw, rejected, could not be initialised, or ran out of memory. */
  | { readonly outcome: 'failed'; readonly errorType: string; readonly message: string }
  | { readonly outcome: 'timed-out'; readonly seconds: number };

/** Runs one published version, named by its ARN (`…:function:<name>:<version>`), on one event. */
export type Invoke = (versionArn: string, event: unknown) => Promise<Invocation>;
