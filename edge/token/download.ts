import { request as overHttp } from 'node:http';
import { request as overHttps } from 'node:https';
import { MAX_KEY_SET_BYTES } from '../../protocol/signing-key.ts';

/** Milliseconds for one download. A viewer-request function has 5 s in all. */
const LIMIT_MS = 1_500;

/** @throws {Error} unless the whole document arrives within the limits */
export type Download = (uri: string) => Promise<string>;

/** Plain http is allowed only to this computer, for the embedded cloud. Node's https refuses other schemes. */
const LOOPBACK = /^http:\/\/(?:127(?:\.\d{1,3}){3}|localhost|\[::1\])(?::\d+)?\//;

/** Downloads a document. Tries once and follows no redirects. */
export const download: Download = (uri) =>
  new Promise((resolve, reject) => {
    const request = LOOPBACK.test(uri) ? overHttp : overHttps;
    const sent = request(uri, async (response) => {
      try {
        if (response.statusCode !== 200) throw new Error(`status ${response.statusCode}`);
        const chunks: Buffer[] = [];
        let bytes = 0;
        for await (const chunk of response as AsyncIterable<Buffer>) {
          bytes += chunk.length;
          if (bytes > MAX_KEY_SET_BYTES) throw new Error('too long');
          chunks.push(chunk);
        }
        resolve(Buffer.concat(chunks).toString());
      } catch (error) {
        fail(error);
      } finally {
        clearTimeout(timer);
      }
    });
    const fail = (error: unknown) => {
      clearTimeout(timer);
      sent.destroy();
      reject(error);
    };
    const timer = setTimeout(() => fail(new Error('timed out')), LIMIT_MS);
    sent.on('error', fail);
    sent.end();
  });
