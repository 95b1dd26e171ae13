import type { IncomingMessage } from 'node:http';

/** A viewer's request on its connection. */
export interface Viewer {
  readonly message: IncomingMessage;
  readonly clientIp: string;
  /** Lets a viewer that asked with `Expect: 100-continue` send its body. */
  continueBody(): void;
  /** Cuts the connection with a TCP reset. */
  resetConnection(): void;
}
