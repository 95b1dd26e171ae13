import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { COMMAND_GROUPS } from '../../cli/declare/command-groups.ts';
import { type Act, commandsFor, run, type World } from '../../cli/program.ts';
import { createSentCredentials } from '../../cli/sent-credentials.ts';
import { askedOptions, mergeOptions, type OptionFlags } from '../../cli/stack/options/merge-options.ts';
import type { StackOptions } from '../../infra/options.ts';
import { Screen } from '../support/streams.ts';

/** Parses `edge-upload deploy …` as the command line does. Returns the options of a deployment after it. */
export async function optionsAfter(kept: StackOptions, words: readonly string[]): Promise<StackOptions> {
  const [stdout, stderr] = [new Screen(), new Screen()];
  const world: World = {
    ...{ stdin: Readable.from([]), stdout, stderr, env: {}, platform: process.platform, cwd: '/', home: '/' },
    ...{
      execPath: process.execPath,
      sent: createSentCredentials(),
      now: () => new Date(),
      signal: new AbortController().signal,
    },
  };
  let after: StackOptions | undefined;
  const act: Act = async (_load, typed) => {
    const { given, unset } = askedOptions(typed as OptionFlags);
    after = mergeOptions(kept, given, unset);
  };
  const code = await run(
    words,
    world,
    commandsFor(COMMAND_GROUPS).map((declare) => (root) => declare(root, act)),
  );
  assert.equal(code, 0, stdout.text + stderr.text);
  assert.ok(after !== undefined && words[0] === 'deploy', words.join(' '));
  return after;
}
