import { Command as Commander, CommanderError, Option } from 'commander';
import type { Command, Context, GlobalOptions, Result } from './context.ts';
import { EXIT, type ExitCode, UserError } from './errors.ts';
import { packageVersion } from './package-root.ts';
import { renderError } from './ui/error.ts';

/** What the process gives the program; the rest of the context is made here from the arguments. */
export type World = Omit<Context, 'options' | 'ui'>;

/** Runs one command line and gives its exit code; nothing is thrown. */
export async function run(argv: readonly string[], world: World): Promise<ExitCode> {
  // Until the arguments are understood, errors are shown as these would have it.
  let options = roughOptions(argv, world.env);
  let exitCode: ExitCode = EXIT.done;

  const act = async <Args>(load: () => Promise<Command<Args>>, args: Args, given: GlobalFlags) => {
    options = globalOptions(given, world);
    const { createUi } = await import('./ui/create.ts');
    const ui = createUi({ ...world, options });
    try {
      const command = await load();
      const result = await command({ ...world, options, ui }, args);
      ui.close();
      print(result, options, world);
      exitCode = result.exitCode ?? EXIT.done;
    } finally {
      ui.close();
    }
  };

  try {
    await program(act, world).parseAsync([...argv], { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return EXIT.done;
    return renderError(error instanceof CommanderError ? usageError(error, argv) : error, options, world);
  }
}

function print({ document, text }: Result, { json }: GlobalOptions, { stdout }: World): void {
  if (json) stdout.write(`${JSON.stringify(document)}\n`);
  else if (text !== undefined) stdout.write(`${text}\n`);
}

function usageError(error: CommanderError, argv: readonly string[]): UserError {
  const command = argv.find((word) => !word.startsWith('-'));
  const known = command !== undefined && error.code !== 'commander.unknownCommand';
  return new UserError(
    'usage',
    error.message.replace(/^error: /, '').replace(/^(.)/, (first) => first.toUpperCase()),
    {
      hint: `See: edge-upload ${known ? `${command} ` : ''}--help`,
    },
  );
}

interface GlobalFlags {
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly debug?: boolean;
  readonly color?: boolean;
  readonly stackName?: string;
}

function globalOptions(flags: GlobalFlags, { env, stderr }: Pick<World, 'env' | 'stderr'>): GlobalOptions {
  const stackName = flags.stackName ?? (env.EDGE_UPLOAD_STACK || undefined);
  return {
    json: flags.json ?? false,
    quiet: flags.quiet ?? false,
    debug: flags.debug ?? false,
    color: flags.color !== false && !env.NO_COLOR && stderr.isTTY === true && env.TERM !== 'dumb',
    ...(stackName === undefined ? {} : { stackName }),
  };
}

function roughOptions(argv: readonly string[], env: World['env']): GlobalOptions {
  const end = argv.indexOf('--');
  const flags = new Set(end < 0 ? argv : argv.slice(0, end));
  return {
    json: flags.has('--json'),
    quiet: false,
    debug: flags.has('--debug'),
    color: false && !env.NO_COLOR,
  };
}

type Act = <Args>(load: () => Promise<Command<Args>>, args: Args, flags: GlobalFlags) => Promise<void>;

function program(act: Act, world: World): Commander {
  const root = new Commander('edge-upload')
    .description('Upload files to S3 through an authenticated CloudFront edge.')
    .version(packageVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show help')
    .helpCommand('help [command]', 'show help for a command')
    .showSuggestionAfterError()
    .enablePositionalOptions()
    .configureOutput({
      writeOut: (text) => void world.stdout.write(text),
      // Usage errors are shown by renderError, like every other error.
      writeErr: () => {},
      getOutHelpWidth: () => Math.min(world.stdout.columns ?? 80, 100),
    })
    .exitOverride();
  const profile = new Option('--profile <name>', 'AWS profile to use (as AWS_PROFILE)');
  const define = (parent: Commander, usage: string, summary: string, examples: readonly string[] = []) => {
    const command = parent.command(usage).description(summary).helpOption('-h, --help', 'show help');
    if (examples.length > 0)
      command.addHelpText('after', `\nExamples:\n${examples.map((line) => `  $ ${line}`).join('\n')}`);
    return command;
  };
  /** Options that every command takes come last in its help. */
  const everywhere = (command: Commander) =>
    command
      .option('--stack-name <name>', 'the deployment to use (as EDGE_UPLOAD_STACK)')
      .option('--json', 'results as JSON on stdout')
      .option('-q, --quiet', 'no progress, only results and errors')
      .option('--debug', 'show what happens underneath')
      .option('--no-color', 'no colour (as NO_COLOR)');

  root.commandsGroup('For uploaders:');
  everywhere(
    define(root, 'login [url]', 'sign in to an edge and keep the tokens', [
      'edge-upload login https://d111111abcdef8.cloudfront.net --username ada',
      'edge-upload login --create --email ada@example.com',
      'printf %s "$PASSWORD" | edge-upload login --username ada --password-stdin',
    ])
      .option('-u, --username <name>', 'who signs in (as EDGE_UPLOAD_USERNAME)')
      .option('--password-stdin', 'read the password from standard input')
      .option('--new-password-stdin', 'read the new password from the second line of standard input')
      .option('--attribute <name=value>', 'a required attribute of a new user; repeatable', pairs, {})
      .option('--create', 'operators: create the user first (needs --email)')
      .option('--email <address>', "the new user's e-mail address")
      .addOption(profile),
  ).action((url: string | undefined, { attribute, ...given }, command) => {
    const args = { ...(url === undefined ? {} : { url }), ...given, attributes: attribute };
    return act(async () => (await import('./commands/login.ts')).login, args, command.optsWithGlobals());
  });
  everywhere(
    define(root, 'put <file...>', 'upload files', [
      'edge-upload put ./image.jpg',
      'edge-upload put report.pdf --as 2026/report.pdf',
      'edge-upload put *.log --prefix logs/ --json',
    ])
      .option('--as <key>', 'the key to store one file under, instead of its name')
      .option('--prefix <prefix>', 'put in front of every key')
      .option('--content-type <type>', 'instead of the one that the extension tells'),
  ).action((files: string[], given, command) =>
    act(async () => (await import('./commands/put.ts')).put, { ...given, files }, command.optsWithGlobals()),
  );
  everywhere(define(root, 'whoami', 'show who is signed in, where, and for how long')).action(
    (_given, command) =>
      act(async () => (await import('./commands/whoami.ts')).whoami, {}, command.optsWithGlobals()),
  );
  everywhere(
    define(root, 'token', 'print a fresh access token, for curl', [
      'curl -T image.jpg -H "Authorization: $(edge-upload token)" "$EDGE_UPLOAD_URL/image.jpg"',
    ]),
  ).action((_given, command) =>
    act(async () => (await import('./commands/token.ts')).token, {}, command.optsWithGlobals()),
  );
  everywhere(define(root, 'logout', 'revoke and forget the tokens')).action((_given, command) =>
    act(async () => (await import('./commands/logout.ts')).logout, {}, command.optsWithGlobals()),
  );

  root.commandsGroup('For operators:');
  everywhere(
    define(root, 'deploy', 'create or update the stack: bucket, user pool, edge', [
      'edge-upload deploy',
      'edge-upload deploy --local      (no AWS account needed)',
    ])
      .option('--local', 'deploy to the embedded cloud on this computer')
      .option('-y, --yes', 'do not ask')
      .addOption(profile),
  ).action((given, command) =>
    act(async () => (await import('./commands/deploy.ts')).deploy, given, command.optsWithGlobals()),
  );
  everywhere(define(root, 'ls [prefix]', 'list what is stored').addOption(profile)).action(
    (prefix: string | undefined, given, command) =>
      act(
        async () => (await import('./commands/ls.ts')).ls,
        { ...given, ...(prefix === undefined ? {} : { prefix }) },
        command.optsWithGlobals(),
      ),
  );
  everywhere(
    define(root, 'destroy', 'take everything down: objects, users, stack, edge function')
      .option('-y, --yes', 'do not ask')
      .addOption(profile),
  ).action((given, command) =>
    act(async () => (await import('./commands/destroy.ts')).destroy, given, command.optsWithGlobals()),
  );

  root.commandsGroup('Without AWS:');
  everywhere(define(root, 'demo', 'the whole story in a minute, on an embedded cloud of its own')).action(
    (_given, command) =>
      act(async () => (await import('./commands/demo.ts')).demo, {}, command.optsWithGlobals()),
  );
  const local = define(root, 'local', 'the embedded cloud on this computer').helpCommand(false);
  everywhere(
    define(local, 'start', 'start it, if it is not running').option(
      '--port <number>',
      'its AWS endpoint (4599)',
      wholeNumber,
    ),
  ).action((given, command) =>
    act(async () => (await import('./commands/local.ts')).start, given, command.optsWithGlobals()),
  );
  everywhere(define(local, 'stop', 'stop it; what it holds stays')).action((_given, command) =>
    act(async () => (await import('./commands/local.ts')).stop, {}, command.optsWithGlobals()),
  );
  everywhere(define(local, 'status', 'say whether it runs, and where')).action((_given, command) =>
    act(async () => (await import('./commands/local.ts')).status, {}, command.optsWithGlobals()),
  );
  everywhere(
    define(local, 'reset', 'stop it and delete all that it holds').option('-y, --yes', 'do not ask'),
  ).action((given, command) =>
    act(async () => (await import('./commands/local.ts')).reset, given, command.optsWithGlobals()),
  );
  return root;
}

function pairs(value: string, before: Record<string, string>): Record<string, string> {
  const at = value.indexOf('=');
  if (at < 1) throw new CommanderError(2, 'usage', `“${value}” is not of the form name=value`);
  return { ...before, [value.slice(0, at)]: value.slice(at + 1) };
}

function wholeNumber(value: string): number {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 0 || number > 65_535) {
    throw new CommanderError(2, 'usage', `“${value}” is not a port number`);
  }
  return number;
}
