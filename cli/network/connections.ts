import type { Dispatcher } from 'undici';
import type { Context } from '../context.ts';
import { interrupted } from '../errors.ts';
import { type DispatcherOptions, openDispatcher } from './dispatcher.ts';
import { networkFailure } from './failures.ts';

/** Runs work with connections of its own, and closes them. */
export async function withDispatcher<T>(
  options: DispatcherOptions,
  work: (dispatcher: Dispatcher) => Promise<T>,
): Promise<T> {
  const dispatcher = openDispatcher(options);
  try {
    return await work(dispatcher);
  } finally {
    await dispatcher.destroy();
  }
}

/**
 * Runs work that sends requests to one host.
 * @throws {UserError} for a failure of the network; `interrupted`
 */
export async function askHost<T>(
  { env, sent, signal }: Pick<Context, 'env' | 'sent' | 'signal'>,
  { host, local }: Pick<DispatcherOptions, 'local'> & { readonly host: string },
  work: (dispatcher: Dispatcher) => Promise<T>,
): Promise<T> {
  try {
    return await withDispatcher({ env, sent, local }, work);
  } catch (error) {
    throw signal.aborted ? interrupted() : (networkFailure(error, host) ?? error);
  }
}
