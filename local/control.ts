import { randomBytes, timingSafeEqual } from 'node:crypto';
import { text } from 'node:stream/consumers';
import type { Faults } from './faults.ts';
import type { HttpHandler } from './wire/http.ts';

/** What the cloud and those who may control it tell each other, new in each process of the cloud. */
export interface ControlSecrets {
  /** Sent to the cloud, after `Bearer `. */
  readonly token: string;
  /** Sent back by it: another program that took its port does not know this. */
  readonly proof: string;
}

export function newControlSecrets(): ControlSecrets {
  return { token: randomBytes(24).toString('hex'), proof: randomBytes(24).toString('hex') };
}

interface ControlOptions {
  readonly secrets: ControlSecrets;
  /** The members of the cloud's status, besides the proof. */
  readonly describe: () => object;
  /** Those in force, where the cloud was started with faults enabled. */
  readonly faults: Faults | undefined;
}

/**
 * Answers requests below `/_edge-upload/`: `GET status`, and with faults enabled `PUT faults`, whose JSON replaces the
 * faults in force.
 */
export function createControl({ secrets, describe, faults }: ControlOptions): HttpHandler {
  return async ({ method, path, headers, body }) => {
    if (!isEqual(headers.authorization ?? '', `Bearer ${secrets.token}`)) {
      return { status: 401, headers: { 'www-authenticate': 'Bearer' } };
    }
    switch (`${method} ${path}`) {
      case 'GET /_edge-upload/status':
        return {
          status: 200,
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ ...describe(), proof: secrets.proof }),
        };
      case 'PUT /_edge-upload/faults': {
        if (faults === undefined) return { status: 404 };
        const next = parseFaults(await text(body));
        if (next === undefined) return { status: 400 };
        for (const name of Object.keys(faults)) delete faults[name as keyof Faults];
        Object.assign(faults, next);
        return { status: 204 };
      }
      default:
        return { status: 404 };
    }
  };
}

/** `undefined` for anything but a JSON object. A member `__proto__` would become the prototype of the faults. */
function parseFaults(json: string): Faults | undefined {
  try {
    const parsed: unknown = JSON.parse(json);
    if (parsed === null || typeof parsed !== 'object' || Array.isArray(parsed)) return undefined;
    return Object.hasOwn(parsed, '__proto__') ? undefined : parsed;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function isEqual(given: string, expected: string): boolean {
  const [one, other] = [Buffer.from(given), Buffer.from(expected)];
  return one.length === other.length && timingSafeEqual(one, other);
}
