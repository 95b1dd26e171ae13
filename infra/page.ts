import { gzipSync } from 'node:zlib';
import type { EdgePage, PageSettings } from '../edge/config.ts';
import { omitUndefined } from '../protocol/omit-undefined.ts';
import { builtFile } from './built-file.ts';
import type { StackOptions } from './options.ts';

/** Returns the edge's configuration of the upload page; `undefined` for a deployment without one. */
export function pageSettings({
  page = false,
  pageTitle: title,
  pageNote: note,
  pageColor: color,
  pageLogo,
}: StackOptions): PageSettings | undefined {
  if (!page) return undefined;
  return omitUndefined({ title, note, color, logo: pageLogo === undefined ? undefined : (true as const) });
}

/** Returns the built files of the upload page with the operator's logo; `undefined` without a page. */
export function pageFiles({ page = false, pageLogo }: StackOptions): EdgePage | undefined {
  if (!page) return undefined;
  const files = JSON.parse(builtFile('page.json')) as EdgePage;
  if (pageLogo === undefined) return files;
  const gzip = gzipSync(pageLogo, { level: 9 }).toString('base64');
  return { ...files, 'logo.svg': { type: 'image/svg+xml', gzip } };
}
