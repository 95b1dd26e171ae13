/** URL of the worker at the edge. Set by the build. */
declare const WORKER_URL: string;

interface ScriptUrls {
  createScriptURL(url: string): string;
}

/** API of browsers with Trusted Types, which TypeScript does not declare. */
interface TrustedTypes {
  createPolicy(name: string, rules: ScriptUrls): ScriptUrls;
}

/** The only policy that the page's Content-Security-Policy allows. It approves the worker's URL only. */
const POLICY = 'edge-upload';

/** Starts the worker that reads and digests parts. */
export function startWorker(): Worker {
  const { trustedTypes } = globalThis as { readonly trustedTypes?: TrustedTypes };
  const policy = trustedTypes?.createPolicy(POLICY, {
    createScriptURL(url) {
      if (url === WORKER_URL) return url;
      throw new TypeError('not a script of the upload page');
    },
  });
  return new Worker(policy?.createScriptURL(WORKER_URL) ?? WORKER_URL, { type: 'module' });
}
