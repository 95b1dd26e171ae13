import { call } from '../bridge.ts';
import { Buffer, fromLatin1, latin1 } from '../modules/buffer.ts';
import { DOMException } from './abort.ts';

export class TextEncoder {
  readonly encoding = 'utf-8';

  encode(text = ''): Uint8Array {
    const bytes = Buffer.from(String(text), 'utf8');
    return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength).slice();
  }

  encodeInto(text: string, target: Uint8Array): { read: number; written: number } {
    let [read, written] = [0, 0];
    for (const character of String(text)) {
      const bytes = this.encode(character);
      if (written + bytes.length > target.length) break;
      target.set(bytes, written);
      written += bytes.length;
      read += character.length;
    }
    return { read, written };
  }
}

interface DecoderOptions {
  readonly fatal?: boolean;
  readonly ignoreBOM?: boolean;
}

/** Streaming is not supported: each call decodes a whole text. */
export class TextDecoder {
  readonly encoding: string;
  readonly fatal: boolean;
  readonly ignoreBOM: boolean;

  constructor(label = 'utf-8', { fatal = false, ignoreBOM = false }: DecoderOptions = {}) {
    this.encoding = call('text.encoding', String(label));
    this.fatal = fatal;
    this.ignoreBOM = ignoreBOM;
  }

  decode(bytes: ArrayBuffer | ArrayBufferView = new Uint8Array(), { stream = false } = {}): string {
    if (stream) throw new DOMException('decoding in pieces is not available', 'NotSupportedError');
    const flags = `${this.fatal ? 'f' : ''}${this.ignoreBOM ? 'b' : ''}`;
    return call('text.decode', this.encoding, flags, latin1(bytes));
  }
}

export function atob(text: string): string {
  const compact = String(text)
    .replace(/[\t\n\f\r ]/g, '')
    .replace(/={1,2}$/, '');
  if (/[^A-Za-z0-9+/]/.test(compact) || compact.length % 4 === 1) {
    throw new DOMException('The string to be decoded is not correctly encoded.', 'InvalidCharacterError');
  }
  return Buffer.from(compact, 'base64').toString('latin1');
}

export function btoa(text: string): string {
  const characters = String(text);
  if (/[^\0-\u00ff]/.test(characters)) throw new DOMException('Invalid character', 'InvalidCharacterError');
  return fromLatin1(characters).toString('base64');
}
