import { AsyncLocalStorage } from 'node:async_hooks';
import { readFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import tls, { type SecureContext } from 'node:tls';

/*
 * Node reads NODE_EXTRA_CA_CERTS once, at the start of a process. Commands in the process of a test have different
 * environments, and each must trust only the authorities of its own environment.
 */

interface NativeContext extends SecureContext {
  readonly context: { addCACert(pem: string): void };
}

const environment = new AsyncLocalStorage<NodeJS.ProcessEnv>();
const { createSecureContext } = tls;

tls.createSecureContext = (options) => {
  const secure = createSecureContext(options) as NativeContext;
  const file = environment.getStore()?.NODE_EXTRA_CA_CERTS;
  if (file !== undefined && options?.ca === undefined) secure.context.addCACert(readFileSync(file, 'utf8'));
  return secure;
};
syncBuiltinESMExports();

/** Runs `work` with trust in the authorities of `NODE_EXTRA_CA_CERTS`, in addition to Node's own. */
export function withExtraAuthorities<T>(env: NodeJS.ProcessEnv, work: () => Promise<T>): Promise<T> {
  return environment.run(env, work);
}
