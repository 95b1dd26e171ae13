import type { IncomingMessage } from 'node:http';

/** A viewer's request on its connection. */
export interface Viewer {
  readonly message: IncomingMessage;
  readonly clientIp: string;
  /** Sends `100 Continue` to a viewer that sent `Expect: 100-continue`. */
  continueBody(): void;
  /** Closes the connection with a TCP reset. */
  resetConnection(): void;
}
