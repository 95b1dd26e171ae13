import { createPublicKey, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { argv } from 'node:process';
import { startFunction } from '../edge-function.ts';
import { inRounds } from '../rounds.ts';

/** What the process runs; a JSON file whose path is the only argument. */
export interface DecisionWork {
  readonly code: string;
  /** PEM. */
  readonly publicKey: string;
  /** JSON of events with valid tokens, more than the function caches. */
  readonly withTokens: readonly string[];
  readonly withoutToken: string;
  readonly rounds: number;
}

/** How often a round handles all requests: enough for V8 to collect garbage several times in each. */
const PASSES = 4;
const WARM_ROUNDS = 3;

interface Event {
  readonly Records: readonly [
    { readonly cf: { readonly request: { readonly headers: Record<string, readonly [{ value: string }]> } } },
  ];
}

const work = JSON.parse(readFileSync(argv[2] ?? '', 'utf8')) as DecisionWork;
const handle = startFunction(work.code);

/** As Lambda does, the process passes parsed events. */
const parsed = (text: string) => JSON.parse(text) as Event;
const news = work.withTokens.map(parsed);
const seen = news.map(() => parsed(work.withTokens[0] ?? ''));
const none = news.map(() => parsed(work.withoutToken));

/** Returns the processor time of this process for one of the requests that `work` handles. */
async function each(work: () => Promise<void> | void): Promise<{ processor: number }> {
  // Collects the garbage of the previous way before this one is measured.
  globalThis.gc?.({ type: 'minor' });
  const began = process.cpuUsage();
  for (let pass = 0; pass < PASSES; pass += 1) await work();
  const { user, system } = process.cpuUsage(began);
  return { processor: (user + system) / 1e6 / (PASSES * news.length) };
}

const decide = (events: readonly Event[], isRefused: boolean) => () =>
  each(async () => {
    let refused = 0;
    for (const event of events) if ((await handle(event)).status !== undefined) refused += 1;
    if (refused !== (isRefused ? events.length : 0)) throw new Error(`${refused} requests were refused`);
  });

const key = createPublicKey(work.publicKey);
const tokens = news.map((event) => {
  const { value } = event.Records[0].cf.request.headers.authorization?.[0] ?? { value: '' };
  const [head = '', payload = '', signature = ''] = value.replace('Bearer ', '').split('.');
  return { text: `${head}.${payload}`, signature: Buffer.from(signature, 'base64url') };
});

const check = () =>
  each(() => {
    for (const { text, signature } of tokens) {
      if (!verify('sha256', Buffer.from(text), key, signature)) throw new Error('not signed');
    }
  });

const ways = {
  'a new token': { run: decide(news, false) },
  'a token seen before': { run: decide(seen, false) },
  'no token': { run: decide(none, true) },
  'the signature check alone': { peer: true, run: check },
} as const;

async function measure(): Promise<void> {
  // V8 optimizes code that runs often. Runs all requests first, to measure a function in steady use.
  await inRounds(WARM_ROUNDS, ways);
  process.stdout.write(JSON.stringify(await inRounds(work.rounds, ways)));
}

void measure();
