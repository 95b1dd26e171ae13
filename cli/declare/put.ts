import type { Command as Commander } from '@commander-js/extra-typings';
import { type Act, define, everywhere } from '../program.ts';
import { filled, keyText, nameValues, several } from './values.ts';

/** The command that uploads. */
export function declarePut(root: Commander, act: Act): void {
  const put = define(root, 'put [file...]', 'Upload files, folders, or standard input (-)', [
    'edge-upload put ./image.jpg',
    'edge-upload put report.pdf --as 2026/report.pdf',
    'edge-upload put -r photos/ --include "*.jpg" --prefix 2026/',
    'pg_dump shop | edge-upload put - --as backups/shop.sql --json',
    'EDGE_UPLOAD_LINK=<address> edge-upload put report.pdf',
  ]);
  put.optionsGroup('What to upload, and where:');
  put
    .option('--as <key>', 'Key of a single file, instead of its name', keyText)
    .option('--prefix <prefix>', 'Prefix of every key', keyText)
    .option('--link <address>', 'Upload with a link; EDGE_UPLOAD_LINK is safer')
    .option('-r, --recursive', 'Upload folders with all files below them')
    .option('--include <glob>', 'Only files that match (repeatable)', several)
    .option('--exclude <glob>', 'Skip files and folders that match (repeatable)', several)
    .option('--files-from <list>', 'File with one path a line; - for standard input', filled)
    .option('-0, --null', 'Paths in the list end with NUL (find -print0)')
    .option('--changed', 'With -r: only files that are new or changed since last time')
    .option('-n, --dry-run', 'Show the key of each file; upload nothing')
    .option('--no-clobber', 'Never overwrite; exit 6 if the key exists');
  put.optionsGroup('What is stored with it:');
  put
    .option('--content-type <type>', 'Instead of the type for its extension')
    .option('--cache-control <value>', 'Such as max-age=3600')
    .option('--content-disposition <value>', 'Such as attachment')
    .option('--content-encoding <value>', 'Such as gzip, for a compressed file')
    .option('--content-language <value>', 'Such as en')
    .option('--metadata <name=value>', 'Custom metadata (repeatable)', nameValues)
    .option('--checksum <algorithm>', 'One of crc32, crc32c, crc64nvme, sha256');
  put.optionsGroup('How it is sent:');
  put
    .option('--multipart <when>', 'In parts: auto (if large), never or always')
    .option('--part-size <size>', 'Such as 64M')
    .option('--concurrency <number>', 'Maximum concurrent requests (32; stdin: 4)')
    .option('--limit-rate <size>', 'Maximum bytes per second, such as 5M')
    .option('--stall-timeout <seconds>', 'Retry a request that stalls this long (30)');
  put.optionsGroup('Options:');
  everywhere(put).action((files, given) =>
    act(async () => (await import('../commands/put.ts')).put, { ...given, files }),
  );
}
