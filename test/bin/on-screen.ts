import { argv, exit, kill, pid, platform, stderr, stdin, stdout } from 'node:process';
import { jobControl, prepareStreams } from '../../bin/run-process.ts';
import { InUse } from '../../cli/command-line.ts';
import { isUserError } from '../../cli/errors.ts';
import { createSentCredentials } from '../../cli/sent-credentials.ts';
import { createUi } from '../../cli/ui/create.ts';

/** Shows one prompt or progress with the command line's screen and signals: `text`, `secret`, `confirm`, `spinner`, `bar`, `steps`. */
const [, , what = ''] = argv;
const env = { ...process.env };
const stopping = jobControl();
const interruption = new AbortController();
let hungUp = false;
process.on('SIGINT', () => interruption.abort());
process.on('SIGTERM', () => interruption.abort());
const sent = createSentCredentials();
prepareStreams(sent, () => {
  hungUp = true;
  interruption.abort();
});
const { signal } = interruption;
const ui = await createUi({
  stdin,
  stdout,
  stderr,
  env,
  platform,
  sent,
  now: () => new Date(),
  signal,
  inUse: new InUse(),
  options: { json: false, quiet: false, debug: false, color: env.TERM !== 'dumb' },
  ...(stopping && { jobControl: stopping }),
});

const aborted = () =>
  new Promise<never>((_resolve, reject) => {
    const timer = setInterval(() => {}, 1000);
    signal.addEventListener('abort', () => {
      clearInterval(timer);
      reject(signal.reason);
    });
  });

async function show(): Promise<string> {
  const at = new Date();
  switch (what) {
    case 'text':
      return ui.ask({ prompt: 'Name', flag: '--name' });
    case 'secret':
      return ui.ask({ prompt: 'Password', flag: '--password-stdin', secret: true });
    case 'rejected':
      return ui.ask({
        prompt: 'Name',
        flag: '--name',
        reject: (text) =>
          text === 'ada'
            ? undefined
            : 'It needs 7 more characters, an upper-case letter, a digit and a symbol.',
      });
    case 'confirm':
      return String(await ui.confirm('Go on?', '--yes'));
    case 'spinner':
      ui.event({ type: 'task-started', task: 'Waiting for the distribution' });
      return aborted();
    case 'bar':
      ui.event({
        type: 'transfer',
        bytes: 5,
        totalBytes: 10,
        filesDone: 0,
        totalFiles: 1,
        rate: 1,
        active: [{ name: 'big.bin', bytes: 5, size: 10 }],
      });
      return aborted();
    default:
      ui.event({ type: 'task-started', task: 'Deploying the stack' });
      ui.event({
        type: 'resource',
        logicalId: 'Distribution',
        resourceType: 'AWS::CloudFront::Distribution',
        status: 'CREATE_IN_PROGRESS',
        at,
      });
      return aborted();
  }
}

try {
  stdout.write(`answer: ${JSON.stringify(await show())}\n`);
} catch (error) {
  ui.close();
  if (hungUp) {
    process.removeAllListeners('SIGHUP');
    kill(pid, 'SIGHUP');
  }
  if (!signal.aborted && !isUserError(error)) throw error;
  exit(isUserError(error) ? error.exitCode : 130);
}
