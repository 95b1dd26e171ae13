import { text } from 'node:stream/consumers';

/** Answers the one request of a helper process: JSON on standard input, JSON on standard output. */
export async function handleRequest<Request>(answer: (request: Request) => Promise<unknown>): Promise<void> {
  // Ctrl-C reaches every process at the terminal. The command decides when its helpers end.
  process.on('SIGINT', () => {});
  let document: unknown;
  try {
    document = await answer(JSON.parse(await text(process.stdin)) as Request);
  } catch (error) {
    const { name, message } = error instanceof Error ? error : new Error(String(error));
    document = { error: { name, message } };
  }
  process.stdout.write(JSON.stringify(document));
}
