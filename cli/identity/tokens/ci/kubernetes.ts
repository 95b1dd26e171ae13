import { existsSync } from 'node:fs';
import { readTokenFile } from '../given-tokens.ts';
import { noToken, type Workload } from './workload.ts';

/** Where docs/ci.md mounts the projected token. The default token of a pod is for the cluster's API, and never read. */
const PATH = '/var/run/secrets/edge-upload/token';

/**
 * The service account of a pod: a projected token, which the kubelet replaces before it expires.
 * https://kubernetes.io/docs/concepts/storage/projected-volumes/#serviceaccounttoken
 */
export function kubernetes(path = PATH): Workload {
  return {
    preset: 'kubernetes',
    source: 'file',
    claims: [['sub'], ['iss']],
    isGiven: () => existsSync(path),
    problem(_env, audience) {
      if (existsSync(path)) return undefined;
      return noToken('kubernetes', `the pod has no file ${path}`, {
        hint: [
          'Mount a projected token there, in the specification of the pod:',
          '  serviceAccountToken:',
          '    path: token',
          `    audience: ${audience}`,
        ],
      });
    },
    token: () => readTokenFile(path, `The projected token ${path}`),
  };
}
