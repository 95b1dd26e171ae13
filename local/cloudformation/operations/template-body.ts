import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { type ObjectLocation, parseObjectUrl } from '../../s3/names.ts';
import type { HttpResponse } from '../../wire/http.ts';
import { readXml } from '../../wire/xml-reader.ts';
import { validationError } from '../errors.ts';

/** Reads an object from the embedded S3 with the caller's permissions. */
export type GetObject = (location: ObjectLocation) => Promise<HttpResponse>;

interface TemplateInput {
  readonly TemplateBody: string | undefined;
  readonly TemplateURL: string | undefined;
}

/** Bytes: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html */
const INLINE_LIMIT = 51_200;
const OBJECT_LIMIT = 1_000_000;

/**
 * Returns the template of a request, from its body or from S3. `undefined` without `TemplateBody` and `TemplateURL`.
 * @throws AwsError `ValidationError`
 */
export async function readTemplateBody(
  { TemplateBody: body, TemplateURL: url }: TemplateInput,
  getObject: GetObject,
): Promise<string | undefined> {
  if (body !== undefined && Buffer.byteLength(body) > INLINE_LIMIT) {
    throw validationError(
      `1 validation error detected: Value at 'templateBody' failed to satisfy constraint: Member must have length less than or equal to ${INLINE_LIMIT}`,
    );
  }
  if (url === undefined) return body;
  if (body !== undefined) throw validationError('You cannot specify both Template URL and Template Body.');
  const location = url.length > 5120 ? undefined : parseObjectUrl(url);
  if (location === undefined) throw validationError('TemplateURL must be a supported URL.');
  return textOf(await getObject(location));
}

async function textOf({ status, headers = {}, body = '' }: HttpResponse): Promise<string> {
  if (Number(headers['content-length'] ?? 0) > OBJECT_LIMIT) {
    if (body instanceof Readable) body.destroy();
    throw validationError(`Template may not exceed ${OBJECT_LIMIT} bytes in size.`);
  }
  const text = body instanceof Readable ? (await buffer(body)).toString() : String(body);
  if (status === 200) return text;
  const { children } = readXml(text);
  const member = (wanted: string) => children.find(({ name }) => name === wanted)?.text;
  // As observed on AWS. S3's own message names the caller, the action and the resource.
  const message = member('Code') === 'AccessDenied' ? 'Access Denied' : member('Message');
  throw validationError(
    `S3 error: ${message}\nFor more information check http://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html`,
  );
}
