import { connect } from 'node:net';
import { text } from 'node:stream/consumers';

/** Returns a function that sends a request head to a port of this computer unchanged, except that it replaces `PORT`. */
export function asker(port: number) {
  return async (...lines: string[]) => {
    const socket = connect(port, '127.0.0.1');
    const head = [...lines, 'Connection: close', '', ''].join('\r\n');
    socket.write(head.replaceAll('PORT', String(port)), 'latin1');
    const answer = await text(socket);
    return { status: answer === '' ? 'closed' : Number(answer.split(' ')[1]), answer };
  };
}
