import { STATUS_CODES } from 'node:http';
import { builtinModules } from 'node:module';
import { arch, version, versions } from 'node:process';
import type { Facts } from '../guest/globals/process.ts';
import type { Constants } from '../guest/modules.ts';

/** Facts about Node and the computer that functions are allowed to see. */
export function nodeFacts(): { facts: Facts; constants: Constants } {
  const statusCodes = Object.fromEntries(
    Object.entries(STATUS_CODES).map(([status, text]) => [status, String(text)]),
  );
  return {
    facts: {
      arch,
      version,
      versions: Object.fromEntries(Object.entries(versions).map(([name, text]) => [name, String(text)])),
    },
    constants: { statusCodes, builtinModules: [...builtinModules, 'sqlite', 'test', 'sea'] },
  };
}
