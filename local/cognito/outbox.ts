import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { JsonFile } from '../state.ts';

/** A message that AWS would send. It holds a code or a temporary password, as its reader needs. */
export interface Message {
  /** An e-mail address, or the telephone number that a text message goes to. */
  readonly to: string;
  /** Of an e-mail. */
  readonly subject?: string;
  readonly body: string;
}

/** Stands in for the mail: a file a message, mode 0600, named by its time. */
export class Outbox {
  readonly #dir: string;
  readonly #now: () => Date;

  constructor(dir: string, now: () => Date) {
    this.#dir = dir;
    this.#now = now;
  }

  send(message: Message): void {
    const at = this.#now().toISOString();
    const file = join(this.#dir, `${at.replaceAll(':', '-')}-${randomUUID().slice(0, 8)}.json`);
    new JsonFile<Message & { at: string }>(file).write({ at, ...message });
  }
}
