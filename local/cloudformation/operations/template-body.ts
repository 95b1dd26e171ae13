import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { JsonObject } from '../../json.ts';
import { type ObjectLocation, parseObjectUrl } from '../../s3/object-url.ts';
import { AwsError } from '../../wire/errors.ts';
import type { HttpResponse } from '../../wire/http.ts';
import { readXml } from '../../wire/xml-reader.ts';
import { optionalText } from '../wire/query.ts';

/** Gets an object from the embedded S3 with the permissions of the caller. */
export type GetObject = (location: ObjectLocation) => Promise<HttpResponse>;

/** Bytes: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html */
const INLINE_LIMIT = 51_200;
const OBJECT_LIMIT = 1_000_000;

/**
 * Returns a request's parameters with the text of the template in `TemplateBody`, which is read from S3 if the request
 * has a `TemplateURL`.
 * @throws AwsError `ValidationError`
 */
export async function withTemplateBody(query: JsonObject, getObject: GetObject): Promise<JsonObject> {
  const body = optionalText(query, 'TemplateBody');
  const url = optionalText(query, 'TemplateURL');
  if (body !== undefined && Buffer.byteLength(body) > INLINE_LIMIT) {
    throw invalid(
      `1 validation error detected: Value at 'templateBody' failed to satisfy constraint: Member must have length less than or equal to ${INLINE_LIMIT}`,
    );
  }
  if (url === undefined) return query;
  if (body !== undefined) throw invalid('You cannot specify both Template URL and Template Body.');
  const location = url.length > 5120 ? undefined : parseObjectUrl(url);
  if (location === undefined) throw invalid('TemplateURL must be a supported URL.');
  const { TemplateURL: _, ...rest } = query;
  return { ...rest, TemplateBody: await textOf(await getObject(location)) };
}

async function textOf({ status, headers = {}, body = '' }: HttpResponse): Promise<string> {
  if (Number(headers['content-length'] ?? 0) > OBJECT_LIMIT) {
    if (body instanceof Readable) body.destroy();
    throw invalid(`Template may not exceed ${OBJECT_LIMIT} bytes in size.`);
  }
  const text = body instanceof Readable ? (await buffer(body)).toString() : String(body);
  if (status === 200) return text;
  const message = readXml(text).children.find(({ name }) => name === 'Message')?.text;
  throw invalid(
    `S3 error: ${message}\nFor more information check http://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html`,
  );
}

function invalid(message: string): AwsError {
  return new AwsError('ValidationError', message);
}
