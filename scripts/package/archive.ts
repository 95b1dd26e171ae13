import { createWriteStream } from 'node:fs';
import { basename, dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { create } from 'tar';
import { ZipFile } from 'yazl';

/** Date of every file in an archive, as in npm's tarballs. */
const DATE = new Date('1985-10-26T08:15:00Z');

const EXECUTABLE = 0o755;
const READABLE = 0o644;

interface ArchiveOptions {
  /** Folder to archive, with the names of its files. */
  readonly folder: string;
  readonly files: readonly string[];
  /** The file that is a program. */
  readonly program: string;
  readonly output: string;
}

/** Writes a `.tar.gz` or `.zip`, depending on the output's name. Equal files give equal archives. */
export async function writeArchive({ folder, files, program, output }: ArchiveOptions): Promise<void> {
  const top = basename(folder);
  const paths = files.map((file) => `${top}/${file}`);
  if (output.endsWith('.tar.gz')) {
    await create(
      { file: output, cwd: dirname(folder), gzip: { level: 9 }, portable: true, mtime: DATE },
      paths,
    );
    return;
  }
  const zip = new ZipFile();
  for (const file of files) {
    const mode = file === program ? EXECUTABLE : READABLE;
    zip.addFile(`${folder}/${file}`, `${top}/${file}`, { mtime: DATE, mode, forceDosTimestamp: true });
  }
  zip.end();
  await pipeline(zip.outputStream, createWriteStream(output));
}
