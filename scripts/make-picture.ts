import { writeFile } from 'node:fs/promises';
import { crc32, deflateSync } from 'node:zlib';

/* Draws `assets/dawn.png`, the picture that the demo uploads: ridges before a rising sun, computed from sines. */

const WIDTH = 960;
const HEIGHT = 600;

type Colour = readonly [red: number, green: number, blue: number];

function blend(from: Colour, to: Colour, share: number): Colour {
  const at = Math.min(1, Math.max(0, share));
  return [0, 1, 2].map((i) => (from[i] ?? 0) + ((to[i] ?? 0) - (from[i] ?? 0)) * at) as unknown as Colour;
}

function sky(x: number, y: number): Colour {
  const base = blend([38, 46, 94], [250, 178, 122], (y / HEIGHT) * 1.5);
  const distance = Math.hypot(x - WIDTH * 0.66, y - HEIGHT * 0.47);
  return distance < 46 ? [255, 241, 214] : blend([255, 222, 170], base, (distance - 46) / 260 + 0.25);
}

function ridge(layer: number, x: number): number {
  const at = x / WIDTH;
  const waves = [1, 2.3, 5.1, 11.7, 23.9].map(
    (wave, i) => Math.sin(at * wave * 6 + layer * (2.1 + i)) / (1 + i * 1.7),
  );
  return HEIGHT * (0.46 + layer * 0.115) - waves.reduce((sum, wave) => sum + wave, 0) * (34 - layer * 3);
}

function colourAt(x: number, y: number): Colour {
  let colour = sky(x, y);
  for (let layer = 0; layer < 5; layer += 1) {
    const top = ridge(layer, x);
    if (y >= top) {
      const shade = blend([196, 128, 130], [22, 24, 48], layer / 4);
      colour = blend(shade, blend(shade, [250, 190, 150], 0.35), (y - top) / 160);
    }
  }
  return colour;
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const framed = Buffer.alloc(body.length + 8);
  framed.writeUInt32BE(data.length, 0);
  body.copy(framed, 4);
  framed.writeUInt32BE(crc32(body), body.length + 4);
  return framed;
}

const rows = Buffer.alloc(HEIGHT * (WIDTH * 3 + 1));
for (let y = 0; y < HEIGHT; y += 1) {
  for (let x = 0; x < WIDTH; x += 1) {
    const at = y * (WIDTH * 3 + 1) + 1 + x * 3;
    colourAt(x, y).forEach((part, i) => {
      rows[at + i] = Math.round(part);
    });
  }
}
const header = Buffer.alloc(13);
header.writeUInt32BE(WIDTH, 0);
header.writeUInt32BE(HEIGHT, 4);
header.set([8, 2, 0, 0, 0], 8);
const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
await writeFile(
  new URL('../assets/dawn.png', import.meta.url),
  Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows, { level: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ]),
);
