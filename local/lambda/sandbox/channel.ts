import process from 'node:process';
import type { FromSandbox, ToSandbox } from '../messages.ts';

/** The only way out of the sandbox. */
export interface Channel {
  send(message: FromSandbox): void;
  /** Ends the process once `last` is on its way. */
  end(last: FromSandbox): void;
  /** Ends the process at once. */
  exit(code: number): never;
}

/**
 * Takes the process's IPC channel for the sandbox. The embedded cloud going away, however it goes, closes the channel and
 * so ends this process.
 */
export function openChannel(onMessage: (message: ToSandbox) => void): Channel {
  const send = process.send?.bind(process);
  if (send === undefined) throw new Error('the sandbox is started by the embedded Lambda only');
  const exit = process.exit.bind(process);
  process.on('message', (message) => onMessage(message as ToSandbox));
  process.on('disconnect', () => exit(1));
  return {
    send: (message) => {
      send(message);
    },
    end: (last) => {
      send(last, undefined, undefined, () => exit(1));
    },
    exit,
  };
}
