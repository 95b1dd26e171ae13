import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { type AccessKey, openAccessKey } from './auth/access-key.ts';
import { Identities } from './auth/identities.ts';
import type { KeyPairs } from './cognito/keys.ts';
import type { Faults } from './faults.ts';
import { pageRequests } from './page-requests.ts';
import type { S3 } from './s3/service.ts';
import { createServices, type Services } from './services.ts';
import { openAuthority } from './tls/authority.ts';
import { listenBehindGate, refusePlainly } from './wire/gate.ts';
import type { HttpHandler } from './wire/http.ts';
import { bind, closeServer, nodeListener } from './wire/node-http.ts';

export interface CloudOptions {
  /** Folder of all state, objects, keys and certificates. One process at a time. */
  readonly dataDir: string;
  /** Loopback port of the AWS endpoint; 0 takes a free one. */
  readonly port: number;
  readonly now?: () => Date;
  /** Also accepts every key whose secret is the same word, such as `test`/`test`. */
  readonly wellKnownKeys?: boolean;
  readonly faults?: Faults;
  /** Generates the signing keys of a new user pool. */
  readonly newPoolKeys?: () => Promise<KeyPairs>;
  /** Called with defects of the cloud itself, never with refused requests. */
  readonly onDefect?: (error: unknown) => void;
  /** Answers requests below `/_edge-upload/`, which no AWS service uses. */
  readonly control?: HttpHandler;
}

export interface Cloud {
  /** `http://127.0.0.1:<port>` */
  readonly endpoint: string;
  /** The key that clients sign with. Created at the first start and stored in `keys.json`. */
  readonly accessKey: AccessKey;
  /** PEM file of the authority that signs the distributions' certificates. */
  readonly caFile: string;
  /** Folder of the e-mail and text messages that AWS would send, one file each. */
  readonly outboxDir: string;
  /** What isolates functions on this computer, in words. */
  isolation(): string;
  /** Resolves when no stack operation runs. */
  idle(): Promise<void>;
  close(): Promise<void>;
}

const HEADERS_TIMEOUT_MS = 30_000;
/** Longer than Node's 5 s, after which a busy client can meet a connection that is being closed. */
const KEEP_ALIVE_MS = 60_000;
/** Objects expire at midnight UTC, and the check can be late by minutes. */
const LIFECYCLE_EVERY_MS = 600_000;

/**
 * Opens all embedded services: one account, one region, one endpoint, and a listener for each distribution. The endpoint's
 * port is taken first and freed last: a second process on the same folder stops there, before it changes a file.
 */
export async function openCloud(options: CloudOptions): Promise<Cloud> {
  const { port, onDefect = () => {} } = options;
  let services: Services | undefined;
  const server = endpointServer(() => services, onDefect);
  const endpoint = `http://127.0.0.1:${await bind(server, port)}`;
  try {
    const { accessKey, authority, ...opened } = await openServices(options, endpoint);
    ({ services } = opened);
    const { s3, cognito, logs, lambda, cloudfront, cloudformation } = services;
    await cloudformation.resume();
    const stopLifecycles = applyLifecycles(s3, onDefect);
    return {
      endpoint,
      accessKey,
      caFile: authority.caFile,
      outboxDir: cognito.outboxDir,
      isolation: lambda.isolation,
      idle: () => cloudformation.idle(),
      async close() {
        stopLifecycles();
        await cloudformation.idle();
        services = undefined;
        await cloudfront.close();
        await lambda.close();
        logs.close();
        await closeServer(server);
      },
    };
  } catch (error) {
    await closeServer(server);
    throw error;
  }
}

async function openServices(options: CloudOptions, endpoint: string) {
  const { dataDir, now = () => new Date(), wellKnownKeys = false, onDefect = () => {} } = options;
  const accessKey = openAccessKey(join(dataDir, 'keys.json'));
  const authority = await openAuthority({ dir: join(dataDir, 'tls'), now });
  const services = createServices({
    dataDir,
    now,
    identities: new Identities({ accessKey, wellKnownKeys }),
    authority,
    faults: options.faults ?? {},
    newPoolKeys: options.newPoolKeys,
    onDefect,
    control: options.control,
    endpoint: () => endpoint,
  });
  await services.cloudfront.start();
  return { accessKey, authority, services };
}

/**
 * Returns the server of the AWS endpoint, which does not listen yet.
 * @param services returns `undefined` before they are open and once they are closed
 */
function endpointServer(services: () => Services | undefined, onDefect: (error: unknown) => void): Server {
  const server = createServer({
    // Without a limit for the whole request, which can be an upload of hours, Node has none for the headers either.
    requestTimeout: 0,
    headersTimeout: HEADERS_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
  });
  // Node would drop the headers after the first 2,000. The limit of bytes applies to all.
  server.maxHeadersCount = 0;
  const pages = pageRequests(() => services()?.cloudfront.pageOrigins() ?? []);
  const handle: HttpHandler = async (request) => services()?.handle(request) ?? { status: 503 };
  const answer = nodeListener(pages.withCors(handle), onDefect);
  const rules = { scheme: 'http', refuse: refusePlainly, allowsPage: pages.allows } as const;
  listenBehindGate(server, rules, answer);
  return server;
}

/** Applies the lifecycle rules of all buckets now and periodically. Returns a function that stops it. */
function applyLifecycles(s3: S3, onDefect: (error: unknown) => void): () => void {
  const apply = () => void s3.applyLifecycles().catch(onDefect);
  apply();
  const timer = setInterval(apply, LIFECYCLE_EVERY_MS).unref();
  return () => clearInterval(timer);
}
