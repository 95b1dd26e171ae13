import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { createUploader, UploadError, type UploaderOptions } from '../../../cli/library/create-uploader.ts';
import type { UploadOptions, UploadSource } from '../../../cli/library/types.ts';
import { REFUSALS } from '../../../edge/refusal.ts';
import { type EdgeFault, respondJson, respondXml } from '../transfer/helpers/edge.ts';
import { ownEdge, ownFolder } from '../transfer/helpers/uploading.ts';

/** Words that fit only the command line: flags, environment variables, “the same command”. */
const OF_COMMANDS = /--[a-z]|_PROXY|NODE_EXTRA|EDGE_UPLOAD_|\bcommand\b|edge-upload (?:put|login)/;

/** Checks that an error names only options of the library. */
async function hintOf(doing: () => Promise<unknown>, wanted: RegExp): Promise<void> {
  const error: unknown = await (async () => doing())().catch((problem: unknown) => problem);
  assert.ok(error instanceof UploadError && error.hint !== undefined, String(error));
  // Commands of operators are allowed.
  const text = `${error.message} ${error.hint}`.replace(/^ {2}edge-upload (?:deploy|user) .*$/m, '');
  assert.doesNotMatch(text, OF_COMMANDS);
  assert.match(text, wanted);
}

async function rig(t: TestContext, options: Partial<UploaderOptions> = {}, mischief?: EdgeFault) {
  const edge = await ownEdge(t, mischief);
  const uploader = createUploader({ url: edge.url, token: 'good', ...options });
  t.after(() => uploader.close());
  return uploader;
}

test('names options instead of command-line flags in errors of options', async (t) => {
  const uploader = await rig(t);
  const tries: readonly (readonly [Partial<UploadOptions>, RegExp])[] = [
    [{ contentType: 'nothing' }, /for contentType: “nothing”/],
    [{ contentDisposition: 'ü' }, /for contentDisposition: .*In contentDisposition/],
    [{ cacheControl: ' ' }, /for cacheControl/],
    [{ metadata: { 'uploaded-by': 'eve' } }, /as an object/],
    [{ partSize: 5 }, /for partSize: .*Omit partSize/],
    [{ partSize: 5 * 1024 ** 2, size: 50_001 * 1024 ** 2 }, /Omit partSize, or set it to/],
  ];
  for (const [options, wanted] of tries) {
    await hintOf(() => uploader.upload(Readable.from(['a']), { key: 'a', ...options }), wanted);
  }
  const large = () => Readable.from([Buffer.alloc(6 * 1024 ** 2)]);
  const whole = { key: 'a', multipart: 'never', partSize: 5 * 1024 ** 2 } as const;
  await hintOf(() => uploader.upload(large(), whole), /multipart “never”.*larger partSize/);
});

test('names the library’s sources in errors of sources', async (t) => {
  const uploader = await rig(t);
  const tries: readonly (readonly [UploadSource, RegExp])[] = [
    [await ownFolder(t), /path of a file/],
    ['/dev/null', /stream of its bytes/],
  ];
  for (const [source, wanted] of tries) {
    await hintOf(() => uploader.upload(source, { key: 'a' }), wanted);
  }
});

test('names the options in errors of an address', async () => {
  const tries: readonly (readonly [string, RegExp])[] = [
    ['https://edge.invalid/#eul_abc', /as url.*as token/],
    [`https://eyJ${'a'.repeat(30)}.eyJ${'b'.repeat(30)}.${'c'.repeat(30)}`, /as token.*as url/],
  ];
  for (const [url, wanted] of tries) await hintOf(async () => createUploader({ url, token: 'good' }), wanted);
});

test('names options in refusals of the edge and the store', async (t) => {
  const tries: readonly (readonly [number, string, RegExp])[] = [
    [431, 'TooLong', /Use less metadata/],
    [414, 'TooLong', /shorter key/],
    [412, 'PreconditionFailed', /noClobber/],
    [400, 'MetadataTooLarge', /Use less metadata/],
    [411, 'length_required', /proxy/],
    [403, 'Forbidden', /limits\(\)/],
    [403, 'AccessDenied', /policy of the bucket/],
    [404, 'NoSuchUpload', /Upload it again/],
  ];
  for (const [status, code, wanted] of tries) {
    const uploader = await rig(t, {}, (request, response) => {
      if (request.method !== 'PUT') return false;
      request.resume();
      respondXml(response, status, code);
      return true;
    });
    await hintOf(() => uploader.upload(new Uint8Array(1), { key: 'a', noClobber: true }), wanted);
  }
});

test('has a next step for each refusal of the edge', async (t) => {
  const statuses = Object.entries(REFUSALS).filter(([, status]) => status < 500);
  for (const [code, status] of statuses) {
    const uploader = await rig(t, {}, (request, response) => {
      if (request.method !== 'PUT') return false;
      request.resume();
      respondJson(response, status, code);
      return true;
    });
    await hintOf(() => uploader.upload(new Uint8Array(1), { key: 'a' }), /\S/);
  }
});

test('reports that the same upload resumes a file with stored parts', async (t) => {
  const folder = await ownFolder(t);
  const path = join(folder, 'film.mp4');
  await writeFile(path, Buffer.alloc(11 * 1024 ** 2));
  const refuse: EdgeFault = (request, response) => {
    if (!/partNumber=2/.test(request.url ?? '')) return false;
    request.resume();
    respondXml(response, 403, 'Forbidden');
    return true;
  };
  const uploader = await rig(t, { resume: { dir: join(folder, 'journals') } }, refuse);
  const options = { key: 'film.mp4', partSize: 5 * 1024 ** 2 };
  await hintOf(() => uploader.upload(path, options), /limits\(\)\n.*the same upload resumes from there/);
});

test('names options, not variables that the library ignores, in network errors', async (t) => {
  // As a proxy it refuses tunnels. To every other connection its response is not TLS.
  const proxy = createServer().on('connect', (_request, socket) => socket.end('HTTP/1.1 403 No\r\n\r\n'));
  await once(proxy.listen(0, '127.0.0.1'), 'listening');
  t.after(() => proxy.close());
  const at = (proxy.address() as AddressInfo).port;
  const tries = [
    { url: 'https://edge.invalid', proxy: `http://127.0.0.1:${at}` },
    { url: 'https://edge.invalid', proxy: 'http://127.0.0.1:9' },
    { url: 'https://edge.invalid' },
  ];
  for (const options of tries) {
    const uploader = createUploader({ ...options, token: 'good' });
    await hintOf(() => uploader.limits(), /proxy/);
    await uploader.close();
  }
});
