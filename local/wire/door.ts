import type { Principal } from '../auth/identities.ts';
import { authenticateBody, readBody } from '../auth/sigv4.ts';
import { neverThrottled } from '../faults/throttling.ts';
import { refuseDenied, unrestricted } from '../iam/permissions.ts';
import { resourceArn } from '../iam/resource-arn.ts';
import type { ServiceOptions } from '../service.ts';
import { AwsError, asRefusal } from './errors.ts';
import type { HttpHandler, HttpRequest, HttpResponse } from './http.ts';
import type { Operations } from './operations.ts';

/** How requests name their operation and input, and how results are written. */
export interface Protocol<Input, Result> {
  readonly open: (
    request: HttpRequest,
    body: string,
  ) => { readonly name: string; readonly input: () => Input };
  /** Suffix of the error codes that all services have. */
  readonly codeSuffix: '' | 'Exception';
  readonly unknown: (name: string) => AwsError;
  readonly success: (name: string, result: Result | undefined) => HttpResponse;
  readonly failure: (error: AwsError) => HttpResponse;
}

export interface DoorOptions<Context, Input, Result> extends Omit<ServiceOptions, 'dataDir'> {
  /** As in the credential scope and in IAM's actions: `cognito-idp`, `logs`. */
  readonly service: string;
  readonly protocol: Protocol<Input, Result>;
  readonly operations: Operations<Context, Input, Result>;
  /** Returns what the operations of a region work with. */
  readonly context: (region: string) => Context;
  /** Accepts requests that are signed for other regions. */
  readonly anyRegion?: boolean;
  /** Returns the ARN for IAM, if the input contains only the id of a part of the resource. */
  readonly resourceOf?: (input: Input) => string | undefined;
}

/**
 * Creates the request handler of a service. It finds the operation, verifies the signature, checks IAM, runs the
 * operation, and responds with its result or with AWS's error. S3 has its own handler, because its bodies are streams.
 */
export function requestDoor<Context, Input, Result>(
  options: DoorOptions<Context, Input, Result>,
): HttpHandler {
  const { service, protocol, identities, now, anyRegion = false } = options;
  const { permissions = unrestricted, throttle = neverThrottled } = options;
  const operations = new Map(Object.entries(options.operations));
  const perform = async (request: HttpRequest): Promise<HttpResponse> => {
    const body = await readBody(request);
    const { name, input } = protocol.open(request, body.toString());
    const operation = operations.get(name);
    const isPublic = operation?.access === 'public';
    const { principal, region } = authenticateBody(isPublic ? unsigned(request) : request, body, {
      service,
      identities,
      now: now(),
      anyRegion,
    });
    if (operation === undefined) throw protocol.unknown(name);
    if (!isPublic) refuseOthers(principal, protocol.codeSuffix);
    throttle(name);
    if (operation.access === undefined) {
      refuseDenied(permissions, `${service}:${name}`, `AccessDenied${protocol.codeSuffix}`, () => ({
        resource: options.resourceOf?.(input()) ?? resourceArn(service, input()),
      }));
    }
    const result = await operation.run(options.context(region), input(), { name, region });
    return protocol.success(name, result ?? undefined);
  };
  return async (request) => {
    try {
      return await perform(request);
    } catch (error) {
      const refusal = asRefusal(error);
      if (refusal === undefined) throw error;
      return protocol.failure(refusal);
    }
  };
}

/** Public operations ignore a signature, even a wrong one. */
function unsigned(request: HttpRequest): HttpRequest {
  const { authorization: _, ...headers } = request.headers;
  return { ...request, headers };
}

function refuseOthers(principal: Principal, suffix: '' | 'Exception'): void {
  if (principal.kind === 'anonymous') {
    const message =
      suffix === '' ? 'Request is missing Authentication Token' : 'Missing Authentication Token';
    throw new AwsError(`MissingAuthenticationToken${suffix}`, message, 403);
  }
  if (principal.kind === 'service') {
    const message = `${principal.service} is not authorized to call this service.`;
    throw new AwsError(`AccessDenied${suffix}`, message, 403);
  }
}
