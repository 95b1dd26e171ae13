import { randomUUID } from 'node:crypto';
import type { Protocol } from '../../wire/door.ts';
import { AwsError, notSupported } from '../../wire/errors.ts';
import type { HttpRequest, HttpResponse } from '../../wire/http.ts';

/** What a request's path and query contain. */
export interface LambdaInput {
  /** As in the path: a name, an ARN or a partial ARN. */
  readonly identifier: string;
  readonly query: URLSearchParams;
}

/** Operations by method and path below `/2015-03-31/functions`. `*` is the function. */
const ROUTES: Readonly<Record<string, string>> = {
  'GET ': 'ListFunctions',
  'POST ': 'CreateFunction',
  'GET /*': 'GetFunction',
  'DELETE /*': 'DeleteFunction',
  'PUT /*/code': 'UpdateFunctionCode',
  'GET /*/configuration': 'GetFunctionConfiguration',
  'PUT /*/configuration': 'UpdateFunctionConfiguration',
  'GET /*/versions': 'ListVersionsByFunction',
  'POST /*/versions': 'PublishVersion',
  'POST /*/invocations': 'Invoke',
  'POST /*/invoke-async': 'InvokeAsync',
  'GET /*/aliases': 'ListAliases',
  'POST /*/aliases': 'CreateAlias',
  'GET /*/policy': 'GetPolicy',
  'POST /*/policy': 'AddPermission',
};

const ACCOUNT_SETTINGS = /^\/2016-08-19\/account-settings\/?$/;

/** Lambda's API: REST with JSON. */
export const restProtocol: Protocol<LambdaInput, object> = {
  codeSuffix: 'Exception',
  open: (request) => ({
    name: operationName(request),
    input: () => ({
      identifier: decode(request.path.split('/')[3] ?? ''),
      query: new URLSearchParams(request.query),
    }),
  }),
  unknown: (name) => notSupported(`the operation ${name}`, 'UnknownOperationException', 404),
  success: (_name, result) =>
    result === undefined ? response(204, '') : response(200, JSON.stringify(result)),
  failure({ code, message, status }) {
    const member = LOWER_CASE.includes(code) || status === 403 ? 'message' : 'Message';
    const body = JSON.stringify({ Type: status < 500 ? 'User' : 'Service', [member]: message });
    return response(status, body, { 'x-amzn-errortype': code });
  },
};

/** Returns the name of a well-known operation, or a request's method and path. */
function operationName({ method, path }: HttpRequest): string {
  if (method === 'GET' && ACCOUNT_SETTINGS.test(path)) return 'GetAccountSettings';
  const [, version, collection, identifier, ...rest] = path.replace(/\/$/, '').split('/');
  const below = identifier === undefined ? '' : ['', '*', ...rest].join('/');
  const known =
    version === '2015-03-31' && collection === 'functions' ? ROUTES[`${method} ${below}`] : undefined;
  return known ?? `${method} ${path}`;
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw new AwsError('ValidationException', 'The function name in the path is not percent-encoded UTF-8.');
  }
}

function response(
  status: number,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): HttpResponse {
  return {
    status,
    headers: { 'content-type': 'application/json', 'x-amzn-requestid': randomUUID(), ...headers },
    body,
  };
}

/** Lambda's errors spell the member with their text `Message`, except for these; each error's page says which. */
const LOWER_CASE = [
  'InvalidParameterValueException',
  'ResourceConflictException',
  'TooManyRequestsException',
];
