import { text } from 'node:stream/consumers';
import type { Faults } from './faults.ts';
import type { HttpHandler } from './wire/http.ts';

interface ControlOptions {
  /** What a program is told that asks for the cloud's status. */
  readonly describe: () => object;
  /** Those that hold, where the cloud was started with faults enabled. */
  readonly faults: Faults | undefined;
}

/**
 * What is asked below `/_edge-upload/`: `GET status`, and with faults enabled `PUT faults`, whose JSON takes the place of
 * those that held.
 */
export function createControl({ describe, faults }: ControlOptions): HttpHandler {
  return async ({ method, path, body }) => {
    switch (`${method} ${path}`) {
      case 'GET /_edge-upload/status':
        return {
          status: 200,
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(describe()),
        };
      case 'PUT /_edge-upload/faults': {
        if (faults === undefined) return { status: 404 };
        const next = JSON.parse(await text(body)) as Faults;
        for (const name of Object.keys(faults)) delete faults[name as keyof Faults];
        Object.assign(faults, next);
        return { status: 204 };
      }
      default:
        return { status: 404 };
    }
  };
}
