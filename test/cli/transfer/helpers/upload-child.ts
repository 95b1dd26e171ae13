import { Agent } from 'undici';
import { openSources } from '../../../../cli/transfer/sources/sources.ts';
import { uploadFiles } from '../../../../cli/transfer/upload.ts';
import { testContext } from '../../../support/context.ts';
import { tokensOf } from './uploading.ts';

// A separate process, whose memory can be measured: node upload-child.ts <url> <file>…
const [url = '', ...files] = process.argv.slice(2);
const dispatcher = new Agent();
const context = testContext({ cwd: process.cwd() });
const result = await uploadFiles(context, await openSources({ files }, context), {
  url,
  dispatcher,
  tokens: tokensOf('good'),
  multipart: 'never',
});
await dispatcher.destroy();
process.stdout.write(
  JSON.stringify({ stored: result.document.stored, peakBytes: process.resourceUsage().maxRSS * 1024 }),
);
