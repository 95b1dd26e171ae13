import { isDisallowed } from '../header-rules.ts';
import { FunctionFailure, invalidResult } from './function-failure.ts';
import type { EdgeHeaders } from './viewer-event.ts';

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/**
 * Validates a function's headers object: lower-case names with arrays of `{ key?, value }`, no disallowed names, and no
 * characters that are invalid in a header. Absent means no headers.
 */
export function checkedHeaders(value: unknown): EdgeHeaders {
  if (value === undefined) return {};
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalidResult('The headers field must be an object.');
  }
  const entries = Object.entries(value).map(([name, list]) => [name, checkedEntries(name, list)] as const);
  return Object.fromEntries(entries);
}

function checkedEntries(name: string, list: unknown): { key?: string; value: string }[] {
  if (!TOKEN.test(name) || name !== name.toLowerCase()) {
    throw invalidEntry('Each header name must be a lower-case HTTP header name.');
  }
  if (isDisallowed(name)) throw invalidResult('The function tried to add a blacklisted header.');
  if (!Array.isArray(list)) throw invalidEntry('Each header entry in the headers object must be an array.');
  return list.map((entry) => checkedEntry(name, entry));
}

function checkedEntry(name: string, entry: unknown): { key?: string; value: string } {
  if (typeof entry !== 'object' || entry === null) {
    throw invalidEntry('Each entry of a header must be an object with a value.');
  }
  const { key, value } = entry as { key?: unknown; value?: unknown };
  if (typeof value !== 'string') throw invalidEntry('The value of each header must be a string.');
  if (/[^\P{Cc}\t]/u.test(value))
    throw invalidResult('The function returned an invalid character in a header value.');
  if (key === undefined || key === null) return { value };
  if (typeof key !== 'string' || key.toLowerCase() !== name) {
    throw invalidEntry('The key of each header must be its name.');
  }
  return { key, value };
}

function invalidEntry(reason: string): FunctionFailure {
  return FunctionFailure.validation(
    `The Lambda function returned an invalid entry in the headers object: ${reason}`,
  );
}
