import { randomUUID } from 'node:crypto';
import type { Identities } from '../../auth/identities.ts';
import { authenticatedText } from '../../auth/sigv4.ts';
import type { Throttle } from '../../faults/throttling.ts';
import { type Permissions, refuseDenied } from '../../iam/permissions.ts';
import { AwsError } from '../../wire/errors.ts';
import type { HttpHandler, HttpRequest, HttpResponse } from '../../wire/http.ts';
import { functionArn, LATEST, parseIdentifier } from '../arn.ts';
import { invalidParameter } from '../errors.ts';
import type { Functions } from '../functions.ts';
import { allVersions, functionConfiguration } from './describe.ts';
import { operationName } from './operations.ts';
import { page } from './page.ts';

export interface ApiOptions {
  readonly functions: Functions;
  readonly identities: Identities;
  readonly now: () => Date;
  readonly throttle: Throttle;
  readonly permissions: Permissions;
  /** Concurrent executions of the account. */
  readonly concurrency: () => number;
}

interface Call {
  /** As in the path: a name, an ARN or a partial ARN. */
  readonly identifier: string;
  readonly query: URLSearchParams;
  readonly concurrency: number;
}

type Operation = (functions: Functions, call: Call) => object | undefined;

/** https://docs.aws.amazon.com/lambda/latest/api/API_Operations.html */
const OPERATIONS: Readonly<Record<string, Operation>> = {
  GetFunction(functions, call) {
    const { name } = identify(call);
    const { tags } = functions.get(name);
    return {
      Configuration: configurationOf(functions, call),
      Code: { RepositoryType: 'S3' },
      ...(Object.keys(tags).length > 0 ? { Tags: tags } : {}),
    };
  },
  GetAccountSettings: accountSettings,
  GetFunctionConfiguration: configurationOf,
  ListFunctions(functions, { query }) {
    if (query.has('MasterRegion'))
      throw invalidParameter('The embedded Lambda does not have the parameter MasterRegion.');
    const all = query.get('FunctionVersion') === 'ALL';
    const described = functions.list().flatMap((record) => {
      const { name, latest } = record;
      return all ? allVersions(record) : [functionConfiguration(name, latest, functionArn(name), LATEST)];
    });
    const { items, next } = page(described, query);
    return { Functions: items, NextMarker: next };
  },
  ListVersionsByFunction(functions, call) {
    const { items, next } = page(allVersions(functions.get(identify(call).name)), call.query);
    return { Versions: items, NextMarker: next };
  },
  DeleteFunction(functions, call) {
    const { name, qualifier } = identify(call);
    if (qualifier === undefined) functions.delete(name);
    else functions.deleteVersion(name, qualifier);
    return undefined;
  },
};

/** https://docs.aws.amazon.com/lambda/latest/api/API_GetAccountSettings.html */
function accountSettings(functions: Functions, { concurrency }: Call): object {
  const all = functions.list();
  const sizes = all.flatMap(({ latest, versions }) => [latest, ...versions]).map(({ codeSize }) => codeSize);
  return {
    AccountLimit: {
      TotalCodeSize: 80_530_636_800,
      CodeSizeUnzipped: 262_144_000,
      CodeSizeZipped: 52_428_800,
      ConcurrentExecutions: concurrency,
      UnreservedConcurrentExecutions: concurrency,
    },
    AccountUsage: {
      TotalCodeSize: sizes.reduce((sum, size) => sum + size, 0),
      FunctionCount: all.length,
    },
  };
}

/** The Lambda API: signed requests, REST with JSON. */
export function lambdaApi(options: ApiOptions): HttpHandler {
  return async (request) => {
    try {
      const answer = await perform(request, options);
      return answer === undefined ? response(204, '') : response(200, JSON.stringify(answer));
    } catch (error) {
      if (error instanceof AwsError) return errorResponse(error);
      throw error;
    }
  };
}

async function perform(request: HttpRequest, options: ApiOptions): Promise<object | undefined> {
  const { functions, identities, now, throttle, concurrency, permissions } = options;
  const { principal } = await authenticatedText(request, { service: 'lambda', identities, now: now() });
  if (principal.kind === 'anonymous') {
    throw new AwsError('MissingAuthenticationTokenException', 'Missing Authentication Token', 403);
  }
  if (principal.kind !== 'account')
    throw new AwsError('AccessDeniedException', 'Not the account itself', 403);
  const operation = operationName(request);
  const perform = OPERATIONS[operation];
  if (perform === undefined) {
    throw new AwsError(
      'UnknownOperationException',
      `The embedded Lambda does not have the operation ${operation}.`,
      404,
    );
  }
  throttle(operation);
  refuseDenied(permissions, `lambda:${operation}`, 'AccessDeniedException');
  const [, , , identifier = ''] = request.path.split('/');
  return perform(functions, {
    identifier: decode(identifier),
    query: new URLSearchParams(request.query),
    concurrency: concurrency(),
  });
}

function identify({ identifier, query }: Call): ReturnType<typeof parseIdentifier> {
  return parseIdentifier(identifier, query.get('Qualifier') ?? undefined);
}

function configurationOf(functions: Functions, call: Call): object {
  const { name, qualifier } = identify(call);
  const snapshot = functions.snapshot(name, qualifier);
  return functionConfiguration(name, snapshot, functionArn(name, qualifier), snapshot.version);
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

/** Errors of Lambda's own model spell their text's member `Message`, except for these; both are on the API's pages. */
const LOWER_CASE = [
  'InvalidParameterValueException',
  'ResourceConflictException',
  'TooManyRequestsException',
];

function errorResponse({ code, message, status }: AwsError): HttpResponse {
  const member = LOWER_CASE.includes(code) || status === 403 ? 'message' : 'Message';
  return response(status, JSON.stringify({ Type: status < 500 ? 'User' : 'Service', [member]: message }), {
    'x-amzn-errortype': code,
  });
}
