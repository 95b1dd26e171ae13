import type { Command as Commander } from '@commander-js/extra-typings';
import { type Act, define, everywhere, keyText, option, several, suggesting } from './shared.ts';

/** The command that uploads what arrives in a folder. */
export function declareWatch(root: Commander, act: Act): void {
  const watch = define(root, 'watch <folder>', 'Upload the files of a folder as they arrive', [
    'edge-upload watch inbox/ --prefix scans/ --after move',
    'edge-upload watch exports/ --include "*.csv" --after delete --json',
  ])
    .option('--prefix <prefix>', 'Prefix of every key', keyText)
    .option('--include <glob>', 'Only files that match (repeatable)', several)
    .option('--exclude <glob>', 'No files or folders that match (repeatable)', several)
    .addOption(
      suggesting(option('--after <action>', 'Keep, move or delete each stored file (keep)'), [
        'keep',
        'move',
        'delete',
      ]),
    )
    .option('--move-to <folder>', 'For --after move (.edge-upload-stored in the folder)')
    .option('--settle <seconds>', 'Upload a file after it is unchanged for this long (2)')
    .option('--interval <seconds>', 'Scan all files this often (5)')
    .option('--concurrency <number>', 'Maximum concurrent requests (32)')
    .option('--limit-rate <size>', 'Maximum bytes per second, such as 5M');
  everywhere(watch).action((folder, given) =>
    act(async () => (await import('../commands/watch/watch.ts')).watch, { ...given, folder }),
  );
}
