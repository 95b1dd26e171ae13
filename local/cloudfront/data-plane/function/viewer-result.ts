import type { Invocation } from '../../../lambda/invocation.ts';
import { NOT_AT_VIEWER_REQUEST, READ_ONLY } from '../header-rules.ts';
import { FunctionFailure, invalidResult } from './function-failure.ts';
import { checkedHeaders } from './function-headers.ts';
import { type GeneratedResponse, generatedResponse } from './generated-response.ts';
import type { EdgeHeaders, EdgeRequest } from './viewer-event.ts';

const MAX_URI_AND_QUERY = 8_192;

/** The validated result of a viewer-request function. */
export type ViewerDecision =
  | { readonly kind: 'forward'; readonly request: EdgeRequest }
  | { readonly kind: 'respond'; readonly response: GeneratedResponse };

/**
 * Validates a function's result as CloudFront does.
 * @throws FunctionFailure with the status and message that the viewer sees
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/lambda-edge-testing-debugging.html
 */
export function viewerDecision(invocation: Invocation, original: EdgeRequest): ViewerDecision {
  if (invocation.outcome === 'failed') throw FunctionFailure.execution();
  if (invocation.outcome === 'timed-out') throw FunctionFailure.limit();
  const { value } = invocation;
  if (!isObject(value)) {
    throw FunctionFailure.validation(
      'The Lambda function returned invalid JSON: The JSON output must be an object type.',
    );
  }
  if ('status' in value) return { kind: 'respond', response: generatedResponse(value) };
  if ('uri' in value || 'method' in value) return { kind: 'forward', request: forwarded(value, original) };
  throw invalidResult('The result is neither a request nor a response with a status.');
}

function forwarded(value: Record<string, unknown>, original: EdgeRequest): EdgeRequest {
  const { uri, querystring, method, clientIp } = value;
  if (method !== original.method || clientIp !== original.clientIp) {
    throw invalidResult('The function tried to change a read-only field.');
  }
  if ('body' in value) throw invalidResult('The function returned a body that it was not given.');
  if (typeof uri !== 'string' || !uri.startsWith('/') || /[\s\p{Cc}?#]/u.test(uri)) {
    throw invalidResult('The URI must begin with a slash and hold no space, control character, ? or #.');
  }
  if (typeof querystring !== 'string' || /[\s\p{Cc}#]/u.test(querystring)) {
    throw invalidResult('The query string must hold no space, control character or #.');
  }
  if (Buffer.byteLength(uri) + Buffer.byteLength(querystring) >= MAX_URI_AND_QUERY) {
    throw invalidResult(
      `The URI and query string together must be shorter than ${MAX_URI_AND_QUERY} characters.`,
    );
  }
  const headers = checkedHeaders(value.headers);
  checkReadOnly(headers, original.headers);
  return { ...original, uri, querystring, headers };
}

/** Rejects adding, changing or deleting a read-only header. */
function checkReadOnly(headers: EdgeHeaders, original: EdgeHeaders): void {
  const values = (map: EdgeHeaders, name: string) => (map[name] ?? []).map(({ value }) => value);
  for (const name of READ_ONLY) {
    if (JSON.stringify(values(headers, name)) !== JSON.stringify(values(original, name))) {
      throw invalidResult('The function tried to add, delete, or change a read-only header.');
    }
  }
  const country = (map: EdgeHeaders) => values(map, NOT_AT_VIEWER_REQUEST).join();
  if (country(headers) !== '' && country(headers) !== country(original)) {
    throw invalidResult('The function tried to add a blacklisted header.');
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
