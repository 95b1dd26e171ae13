/** Where the edge serves the worker; set by the build. */
declare const WORKER_URL: string;

interface ScriptUrls {
  createScriptURL(url: string): string;
}

/** Of browsers with Trusted Types; TypeScript's own types have none. */
interface TrustedTypes {
  createPolicy(name: string, rules: ScriptUrls): ScriptUrls;
}

/** The one policy that the page's Content-Security-Policy allows; it approves the worker's address alone. */
const POLICY = 'edge-upload';

/** Starts the worker that reads and digests parts. */
export function startWorker(): Worker {
  const { trustedTypes } = globalThis as { readonly trustedTypes?: TrustedTypes };
  const policy = trustedTypes?.createPolicy(POLICY, {
    createScriptURL(url) {
      if (url === WORKER_URL) return url;
      throw new TypeError('not a script of the page');
    },
  });
  return new Worker(policy?.createScriptURL(WORKER_URL) ?? WORKER_URL, { type: 'module' });
}
