import { handleRequest } from './helper.ts';

/** The common answer of a library that could not be loaded, or that found no keyring. */
const UNAVAILABLE = { unavailable: true };

interface KeyringRequest {
  readonly service: string;
  readonly name: string;
  /** Base64. Absent: the stored secret is read. */
  readonly secret?: string;
}

/** An optional dependency, with a binary for each platform: either can be missing. */
async function load() {
  try {
    return await import('@napi-rs/keyring');
  } catch {
    return undefined;
  }
}

async function open({ service, name }: KeyringRequest) {
  const library = await load();
  try {
    // The kernel's own keyring loses its content at a reboot.
    return library && new library.AsyncEntry(service, name, { linux: { store: 'secret-service' } });
  } catch {
    return undefined;
  }
}

await handleRequest(async (request: KeyringRequest) => {
  const entry = await open(request);
  if (entry === undefined) return UNAVAILABLE;
  if (request.secret !== undefined) {
    await entry.setSecret(Buffer.from(request.secret, 'base64'));
    return {};
  }
  const secret = await entry.getSecret();
  return secret === null || secret === undefined ? {} : { secret: Buffer.from(secret).toString('base64') };
});
