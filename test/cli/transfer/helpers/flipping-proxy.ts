import { request as send } from 'node:http';
import { type Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { TestContext as NodeTestContext } from 'node:test';
import { listen } from '../../../support/serve.ts';

/** Flips one bit of one byte that passes. */
function flipAt(place: number, bit: number): Transform {
  let passed = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const at = place - passed;
      passed += chunk.length;
      if (at < 0 || at >= chunk.length) return done(null, chunk);
      const flipped = Buffer.from(chunk);
      flipped.writeUInt8(flipped.readUInt8(at) ^ (1 << bit), at);
      done(null, flipped);
    },
  });
}

export interface FlippingProxy {
  readonly url: string;
  readonly flips: () => number;
}

/** Starts a proxy that sometimes flips a bit of a request or response body. */
export async function flippingProxy(
  t: NodeTestContext,
  target: string,
  { random, share }: { readonly random: () => number; readonly share: number },
): Promise<FlippingProxy> {
  let flips = 0;
  const perhaps = (body: Readable, length: number): Readable => {
    const [strikes, place, bit] = [random() < share, random(), random()];
    if (!strikes || !(length > 0)) return body;
    flips += 1;
    return body.pipe(flipAt(Math.floor(place * length), Math.floor(bit * 8)));
  };
  const url = await listen(t, (incoming, outgoing) => {
    const { method, url, headers } = incoming;
    const onward = send(new URL(url ?? '/', target), { method, headers }, (response) => {
      outgoing.writeHead(response.statusCode ?? 502, response.headers);
      const length = Number(response.headers['content-length'] ?? 100);
      pipeline(perhaps(response, length), outgoing).catch(() => outgoing.destroy());
    });
    onward.on('error', () => outgoing.destroy());
    pipeline(perhaps(incoming, Number(headers['content-length'])), onward).catch(() => outgoing.destroy());
  });
  return { url, flips: () => flips };
}
