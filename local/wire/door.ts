import type { Identities, Principal } from '../auth/identities.ts';
import { authenticateBody, readBody } from '../auth/sigv4.ts';
import { neverThrottled, type Throttle } from '../faults/throttling.ts';
import { type Permissions, refuseDenied } from '../iam/permissions.ts';
import { resourceArn } from '../iam/resource-arn.ts';
import { AwsError, asRefusal } from './errors.ts';
import type { HttpHandler, HttpRequest, HttpResponse } from './http.ts';

/** One call of an operation. */
interface Call<Input> {
  readonly name: string;
  readonly input: Input;
  /** The region that the request was signed for. */
  readonly region: string;
}

export interface Operation<Input, Result> {
  /**
   * `public`: no signature is needed. `signed`: every caller of the account is allowed, even if IAM denies the action. By
   * default, IAM must not deny the action.
   */
  readonly access?: 'public' | 'signed';
  readonly run: (call: Call<Input>) => Result | Promise<Result>;
}

/** How requests name their operation and input, and how results are written. */
export interface Protocol<Input, Result> {
  readonly open: (
    request: HttpRequest,
    body: string,
  ) => { readonly name: string; readonly input: () => Input };
  /** Suffix of the error codes that all services have. */
  readonly codeSuffix: '' | 'Exception';
  readonly unknown: (name: string) => AwsError;
  readonly success: (name: string, result: Result) => HttpResponse;
  readonly failure: (error: AwsError) => HttpResponse;
}

export interface DoorOptions<Input, Result> {
  /** As in the credential scope and in IAM's actions: `cognito-idp`, `logs`. */
  readonly service: string;
  readonly protocol: Protocol<Input, Result>;
  readonly identities: Identities;
  readonly now: () => Date;
  readonly permissions: Permissions;
  readonly throttle?: Throttle;
  /** Accepts requests that are signed for other regions. */
  readonly anyRegion?: boolean;
  /** Returns the ARN for IAM, if the input contains only the id of a part of the resource. */
  readonly resourceOf?: (input: Input) => string | undefined;
  readonly find: (name: string) => Operation<Input, Result> | undefined;
}

/**
 * Creates the request handler of a service. It finds the operation, verifies the signature, checks IAM, runs the
 * operation, and responds with its result or with AWS's error. S3 has its own handler, because its bodies are streams.
 */
export function requestDoor<Input, Result>(options: DoorOptions<Input, Result>): HttpHandler {
  const {
    service,
    protocol,
    identities,
    now,
    permissions,
    throttle = neverThrottled,
    anyRegion = false,
  } = options;
  const perform = async (request: HttpRequest): Promise<HttpResponse> => {
    const body = await readBody(request);
    const { name, input } = protocol.open(request, body.toString());
    const operation = options.find(name);
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
    return protocol.success(name, await operation.run({ name, input: input(), region }));
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
