import { randomBytes } from 'node:crypto';
import { text } from 'node:stream/consumers';
import { readFields } from '../protocol/fields.ts';
import type { Faults } from './faults.ts';
import { equal } from './secrets.ts';
import type { HttpHandler, HttpResponse } from './wire/http.ts';

/** Secrets that the cloud's process shares with the programs that control it. New in each process. */
export interface ControlSecrets {
  /** Sent to the cloud, after `Bearer `. */
  readonly token: string;
  /** Sent back by the cloud. Another program on its port does not know it. */
  readonly proof: string;
}

export function newControlSecrets(): ControlSecrets {
  return { token: randomBytes(24).toString('hex'), proof: randomBytes(24).toString('hex') };
}

interface ControlOptions {
  readonly secrets: ControlSecrets;
  /** The members of the cloud's status, besides the proof. */
  readonly describe: () => object;
  /** What isolates functions, in words. The first call takes a while. */
  readonly isolation: () => string;
  /** The current faults, if the cloud was started with faults enabled. */
  readonly faults: Faults | undefined;
}

/**
 * Answers requests below `/_edge-upload/`: `GET status`, `GET isolation`, and `PUT faults` if faults are enabled. Its JSON
 * replaces the current faults.
 */
export function createControl({ secrets, describe, isolation, faults }: ControlOptions): HttpHandler {
  return async ({ method, path, headers, body, continueBody }) => {
    if (!equal(headers.authorization ?? '', `Bearer ${secrets.token}`)) {
      return { status: 401, headers: { 'www-authenticate': 'Bearer' } };
    }
    switch (`${method} ${path}`) {
      case 'GET /_edge-upload/status':
        return json({ ...describe(), proof: secrets.proof });
      case 'GET /_edge-upload/isolation':
        return json({ isolation: isolation() });
      case 'PUT /_edge-upload/faults': {
        if (faults === undefined) return { status: 404 };
        continueBody?.();
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

function json(document: object): HttpResponse {
  const headers = { 'content-type': 'application/json' };
  return { status: 200, headers, body: JSON.stringify(document) };
}

/** Returns `undefined` for anything but a JSON object. A member `__proto__` would become the prototype of the faults. */
function parseFaults(json: string): Faults | undefined {
  const parsed = readFields(json);
  return parsed === undefined || Object.hasOwn(parsed, '__proto__') ? undefined : (parsed as Faults);
}
