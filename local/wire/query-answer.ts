import type { AwsError } from './errors.ts';
import type { HttpResponse } from './http.ts';
import { type XmlChildren, xmlDocument } from './xml.ts';

/** The request that an answer is for, at a service of the query protocol: CloudFormation, IAM, STS. */
export interface QueryRequest {
  /** Namespace of the service's documents. */
  readonly namespace: string;
  readonly requestId: string;
}

/** Answers an action that succeeded. */
export function queryResult(request: QueryRequest, action: string, result: XmlChildren): HttpResponse {
  return answer(request, 200, `${action}Response`, {
    [`${action}Result`]: result,
    ResponseMetadata: { RequestId: request.requestId },
  });
}

/** Answers an action that was refused. */
export function queryError(request: QueryRequest, { code, message, status }: AwsError): HttpResponse {
  return answer(request, status, 'ErrorResponse', {
    Error: { Type: status < 500 ? 'Sender' : 'Receiver', Code: code, Message: message },
    RequestId: request.requestId,
  });
}

function answer(
  { namespace, requestId }: QueryRequest,
  status: number,
  root: string,
  children: XmlChildren,
): HttpResponse {
  return {
    status,
    headers: { 'content-type': 'text/xml', 'x-amzn-requestid': requestId },
    body: xmlDocument(root, children, { namespace }),
  };
}
