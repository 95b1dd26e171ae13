import { homedir } from 'node:os';
import { setFlagsFromString } from 'node:v8';
import { EXIT } from '../cli/errors.ts';
import { run } from '../cli/program.ts';

// The AWS SDK warns on stderr about the end of Node 20; that is for us to follow, not for the user to read.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';

// Answers are short. Optimizing undici's parser of them (WebAssembly) takes longer than it ever saves, and a process cannot
// end while V8 is at it.
setFlagsFromString('--liftoff-only');

const interruption = new AbortController();
const interrupt = () => {
  if (interruption.signal.aborted) process.exit(EXIT.interrupted);
  interruption.abort();
};
process.on('SIGINT', interrupt);
process.on('SIGTERM', interrupt);

// A reader that went away (`| head`) wants no more lines, and no error either. What is cut off by that is no success.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit(process.exitCode ?? EXIT.other);
  });
}

// A terminal that nobody told its size, as `script` or a container of a CI may give, says that it has 0 columns: what is
// drawn on it would have endless lines.
for (const stream of [process.stdout, process.stderr]) {
  const size = () => {
    if (stream.columns === 0) stream.columns = 80;
  };
  size();
  stream.on('resize', size);
}

process.exitCode = await run(process.argv.slice(2), {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  platform: process.platform,
  cwd: process.cwd(),
  home: homedir(),
  execPath: process.execPath,
  now: () => new Date(),
  keyring: async () => (await import('../cli/identity/keyring.ts')).systemKeyring(process.env),
  signal: interruption.signal,
});
