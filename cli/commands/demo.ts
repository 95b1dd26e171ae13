import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { request } from 'undici';
import { command, InUse } from '../command-line.ts';
import type { Context, Result } from '../context.ts';
import { UserError } from '../errors.ts';
import { cloudFolder, findCloud } from '../local-cloud/find.ts';
import { startCloud, stopCloud } from '../local-cloud/process.ts';
import { withDispatcher } from '../network/dispatcher.ts';
import { packageRoot } from '../package-root.ts';
import { currentDeployment, type Deployment } from '../settings/deployments.ts';
import { temporaryError } from '../settings/disk-errors.ts';
import { cacheHome } from '../settings/folders.ts';
import { printedEvent } from '../ui/create.ts';
import { formatBytes, formatDuration } from '../ui/format.ts';
import type { Ui } from '../ui/ui.ts';
import { deploy } from './deploy.ts';
import { destroy } from './destroy.ts';
import { login } from './login.ts';
import { withStack } from './operator.ts';
import { put } from './put.ts';

const EMAIL = 'ada@example.com';
const KEY = 'dawn.png';

/** Returns a context with all its folders in `folder`, so that the demo does not touch the user's files. */
function secluded(context: Context, folder: string): Context {
  const kept = Object.entries(context.env).filter(
    ([name]) => !/^(EDGE_UPLOAD_|AWS_|XDG_|(https?|no|all)_proxy$)/i.test(name),
  );
  const env = {
    ...Object.fromEntries(kept),
    XDG_CONFIG_HOME: join(folder, 'config'),
    XDG_STATE_HOME: join(folder, 'state'),
    XDG_DATA_HOME: join(folder, 'data'),
    XDG_CACHE_HOME: cacheHome(context),
    EDGE_UPLOAD_KEYRING: 'off',
    EDGE_UPLOAD_NEW_PASSWORD: `Demo-${randomBytes(12).toString('base64url')}-1!`,
  };
  const { stackName: _ignored, ...options } = context.options;
  const inUse = new InUse({}, [], { platform: context.platform });
  return { ...context, env, options, home: folder, inUse, ui: narrating(context.ui, inUse) };
}

/** Prints the results of the commands as part of their progress. Headings and the final result come from the demo. */
function narrating(ui: Ui, inUse: InUse): Ui {
  return {
    ...ui,
    event: (given) => {
      const event = printedEvent(given, inUse);
      if (event.type === 'row') ui.event({ type: 'note', text: event.text });
      else if (event.type !== 'heading') ui.event(event);
    },
  };
}

/** Deploys, signs in, uploads without and with a token, and destroys, in its own embedded cloud. */
export async function demo(context: Context): Promise<Result> {
  const started = context.now().getTime();
  const folder = await mkdtemp(join(tmpdir(), 'edge-upload-demo-')).catch((error: unknown) => {
    throw temporaryError(error);
  });
  const inside = secluded(context, folder);
  try {
    const steps = await tell(inside, context.ui);
    const seconds = (context.now().getTime() - started) / 1000;
    return {
      document: { outcome: 'done', seconds, steps },
      text: [
        '',
        { mark: 'done', text: `Done in ${formatDuration(seconds * 1000)}. Nothing is left behind.` },
        'To do the same on AWS, with your own credentials:',
        isRunByNpm(context) ? command`npx edge-upload deploy` : command`edge-upload deploy`,
      ],
    };
  } finally {
    try {
      const cloud = await findCloud(cloudFolder(inside));
      if (cloud !== undefined) await stopCloud(cloud);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
}

/** Whether `npm run demo` in a clone, or npx, runs this program, which then need not be on the PATH. */
function isRunByNpm({ env }: Context): boolean {
  return ['demo', 'npx'].includes(env.npm_lifecycle_event ?? '');
}

interface Step {
  readonly [name: string]: string | number;
  readonly title: string;
  readonly command: string;
}

/** @param ui the screen for the headings */
async function tell(context: Context, ui: Ui): Promise<Step[]> {
  const picture = join(packageRoot(), 'assets', KEY);
  const steps: Step[] = [];
  const step = (title: string, command: string) => {
    steps.push({ title, command });
    ui.event({ type: 'heading', text: `${steps.length}. ${title}`, below: `   $ ${command}` });
  };

  await startCloud(context, { dataDir: cloudFolder(context), port: 0, withParent: true });

  step('An operator deploys a private bucket behind an authenticated edge.', 'edge-upload deploy --local');
  await deploy(context, { local: true, yes: true });
  const deployment = await currentDeployment(context);
  if (deployment === undefined)
    throw new UserError('unexpected', 'The demo deployed, but no deployment is stored.');

  step(
    'The operator creates a user, who signs in and chooses a password.',
    `edge-upload login --create --email ${EMAIL}`,
  );
  await login(context, { create: true, email: EMAIL });

  step(
    'The edge refuses an upload without a token.',
    context.inUse.text(command`curl ${trusting(deployment)} -T ${KEY} ${`${deployment.url}/${KEY}`}`),
  );
  await uploadWithoutToken(context, deployment, await readFile(picture));

  step('The edge stores an upload with the token.', `edge-upload put ${KEY}`);
  await put(context, { files: [picture] });

  step('The stored bytes are the same.', `aws s3 cp s3://<bucket>/${KEY} - | cmp - ${KEY}`);
  await compare(context, deployment, await readFile(picture));

  step('The operator deletes everything.', 'edge-upload destroy');
  await destroy(context, { yes: true });
  return steps;
}

/** Returns the flags with which curl trusts an embedded edge. */
function trusting({ local }: Deployment): string[] {
  return local === undefined ? [] : ['--cacert', local.caFile];
}

async function uploadWithoutToken(
  context: Context,
  { url, local }: Deployment,
  picture: Buffer,
): Promise<void> {
  const { env, sent, ui } = context;
  await withDispatcher({ env, sent, local }, async (dispatcher) => {
    const { statusCode, body } = await request(`${url}/${KEY}`, { method: 'PUT', body: picture, dispatcher });
    const said = await body.text();
    if (statusCode !== 401) {
      throw new UserError('unexpected', `An upload without a token got HTTP ${statusCode}, not 401: ${said}`);
    }
    ui.event({
      type: 'note',
      text: `   401 ${(JSON.parse(said) as { error: string }).error}: nothing is stored`,
    });
  });
}

async function compare(
  context: Context,
  { name, bucket, ...known }: Deployment,
  picture: Buffer,
): Promise<void> {
  const { GetObjectCommand } = await import('@aws-sdk/client-s3');
  return withStack(context, { stackName: name, known: { name, ...known } }, {}, async (work) => {
    const { Body, ContentType } = await work.clients.s3.send(
      new GetObjectCommand({ Bucket: bucket, Key: KEY }),
    );
    const stored = Buffer.from((await Body?.transformToByteArray()) ?? []);
    const digest = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
    if (digest(stored) !== digest(picture)) {
      throw new UserError('bytes_differ', 'The stored bytes differ from the picture.');
    }
    context.ui.event({
      type: 'note',
      text: `   ${formatBytes(stored.length)} ${ContentType}, SHA-256 ${digest(stored).slice(0, 16)}… on both sides`,
    });
  });
}
