import { percentEncode } from '../../auth/percent.ts';
import { invalidArgument } from '../errors.ts';

const MAX_PAGE = 1000;

/** The page size a request asks for, at most 1,000. */
export function pageSize(query: ReadonlyMap<string, string>, name: string): number {
  const text = query.get(name);
  if (text === undefined || text === '') return MAX_PAGE;
  if (!/^\d{1,9}$/.test(text))
    throw invalidArgument(name, text, `Provided ${name} not an integer or within integer range`);
  return Math.min(Number(text), MAX_PAGE);
}

/** How keys are to be written: `encoding-type=url` lets XML carry every key. */
export function keyEncoding(query: ReadonlyMap<string, string>): (text: string) => string {
  const type = query.get('encoding-type');
  if (type === undefined) return (text) => text;
  if (type !== 'url')
    throw invalidArgument('encoding-type', type, 'Invalid Encoding Method specified in Request');
  return (text) =>
    text
      .split('/')
      .map((segment) => percentEncode(segment).replaceAll('%20', '+'))
      .join('/');
}

/** Opaque to clients: where the next page goes on. */
export function continuationToken(next: string): string {
  return Buffer.from(next).toString('base64url');
}

/** Inverse of {@link continuationToken}. */
export function readContinuationToken(token: string): string {
  const next = Buffer.from(token, 'base64url').toString();
  if (token === '' || continuationToken(next) !== token) {
    throw invalidArgument('continuation-token', token, 'The continuation token provided is incorrect');
  }
  return next;
}
