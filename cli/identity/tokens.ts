/** Where requests get their access token from. No implementation puts a token into an error, an event or a log. */
export interface TokenSource {
  /** A token that is good for a while yet. */
  current(): Promise<string>;
  /**
   * A token other than `rejected`, which the edge refused although its time had not come: one refresh at most.
   * @param reason the edge's own words, for the error where there is no other token.
   */
  renew(rejected: string, reason?: string): Promise<string>;
}
