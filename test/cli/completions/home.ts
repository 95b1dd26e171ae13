import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { journalId } from '../../../cli/transfer/multipart/journal.ts';

const URL = 'https://d111111abcdef8.cloudfront.net';
/** Key of an unfinished upload, with characters that shells interpret. */
export const KEY = "2026/q3 $(touch taken) it's `touch taken`.pdf";
const SUBJECT = { url: URL, key: KEY, path: '/srv/q3 report.pdf' };
export const ID = journalId(SUBJECT);

/** Name of a deployment that contains a command, which no shell may run. */
export const ODD_NAME = 'td:\\n$(touch taken); touch taken';

/** Writes settings with two deployments and one unfinished upload. */
export async function seedHome(home: string): Promise<void> {
  const config = join(home, '.config/edge-upload');
  const uploads = join(home, '.local/state/edge-upload/uploads');
  for (const folder of [config, uploads]) await mkdir(folder, { recursive: true, mode: 0o700 });
  const deployments = [
    {
      name: 'edge-upload',
      url: URL,
      issuers: [{ alias: 'corp', issuer: 'https://login.example', clientId: 'c1' }],
    },
    { name: ODD_NAME, url: 'https://other.example' },
  ];
  await writeFile(join(config, 'deployments.json'), JSON.stringify({ version: 1, deployments }), {
    mode: 0o600,
  });
  const entry = {
    format: 2,
    ...SUBJECT,
    partSize: 8 * 1024 ** 2,
    algorithm: 'crc32',
    size: 20 * 1024 ** 2,
    mtimeNs: '1',
    inode: '1',
    sample: 'a',
    headers: 'a',
    startedAt: '2026-01-01T00:00:00.000Z',
  };
  await writeFile(join(uploads, `${ID}.jsonl`), JSON.stringify(entry), { mode: 0o600 });
}
