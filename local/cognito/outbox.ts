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

/** Stands in for mail and telephone: a file a message, mode 0600, named by its time and, within that, its turn. */
export class Outbox {
  readonly #dir: string;
  readonly #now: () => Date;
  #sent = 0;

  constructor(dir: string, now: () => Date) {
    this.#dir = dir;
    this.#now = now;
  }

  send(message: Message): void {
    const at = this.#now().toISOString();
    this.#sent += 1;
    const turn = String(this.#sent).padStart(6, '0');
    const file = join(this.#dir, `${at.replaceAll(':', '-')}-${turn}-${randomUUID().slice(0, 8)}.json`);
    new JsonFile<Message & { at: string }>(file).write({ at, ...message });
  }
}
