import type { Command as Commander } from '@commander-js/extra-typings';
import { type Act, define, everywhere, inLocalCloud, profile } from './shared.ts';
import { stackOptions } from './stack-options.ts';

/** `deploy`, and `synth`, which shows what it would apply. */
export function declareDeploy(root: Commander, act: Act): void {
  stackOptions(
    everywhere(
      define(root, 'deploy', 'Create or update the stack: bucket, user pool, edge', [
        'edge-upload deploy',
        'edge-upload deploy --local      (no AWS account needed)',
        "edge-upload deploy --max-size 5G --write-to '{username}/'",
        'edge-upload deploy --unset max-size',
        'edge-upload deploy --file edge-upload.yaml --dry-run',
      ])
        .option('--local', 'Deploy to the embedded cloud on this computer')
        .option('--file <path>', 'Take all options from this file (status --yaml prints one)')
        .option('-y, --yes', 'Do not ask')
        .option('--allow-data-loss', 'With --yes: even if users or objects are lost')
        .option('-n, --dry-run', 'Show what would change; change nothing')
        .addOption(profile()),
    ),
  ).action((given) => act(async () => (await import('../commands/deploy.ts')).deploy, given));
  stackOptions(
    everywhere(
      define(root, 'synth', 'Print the template that deploy would apply')
        .addOption(inLocalCloud())
        .addOption(profile()),
    ),
  ).action((given) => act(async () => (await import('../commands/synth.ts')).synth, given));
}
