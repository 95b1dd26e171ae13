import { stat } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { command } from '../command-line.ts';
import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';

/** The services that an operator's commands call, as environment variables name them. */
export type Service =
  | 'CLOUDFORMATION'
  | 'CLOUDWATCH_LOGS'
  | 'COGNITO_IDENTITY_PROVIDER'
  | 'IAM'
  | 'KMS'
  | 'LAMBDA'
  | 'S3'
  | 'STS';

/** The endpoints in the AWS configuration. */
export interface AwsSettings {
  /** Returns the configured endpoint of a service; `undefined` for the endpoint of AWS. */
  endpoint(service: Service): string | undefined;
  readonly useFipsEndpoint: boolean;
  readonly useDualstackEndpoint: boolean;
}

/** The embedded cloud and the user pools in AWS have one address each. */
export const NO_SETTINGS: AwsSettings = {
  endpoint: () => undefined,
  useFipsEndpoint: false,
  useDualstackEndpoint: false,
};

type Section = Readonly<Record<string, string | undefined>>;

/** Returns the folder above `.aws`. An empty or relative `HOME` would mean a folder below the current one. */
export function homeOf({ env, home }: Pick<Context, 'env' | 'home'>): string {
  return [env.HOME, home].find((path) => path !== undefined && isAbsolute(path)) ?? '/';
}

function isSet(value: string | undefined): boolean {
  return value?.toLowerCase() === 'true';
}

function isAddress(value: string): boolean {
  return /^https?:\/\/[^/]/i.test(value) && URL.canParse(value);
}

/**
 * Returns the endpoint that the environment names for a service, as every AWS tool reads it.
 * @throws {UserError} `settings` for what is not an address
 */
export function endpointFromEnv(env: Context['env'], service: Service): string | undefined {
  if (isSet(env.AWS_IGNORE_CONFIGURED_ENDPOINT_URLS)) return undefined;
  const name = [`AWS_ENDPOINT_URL_${service}`, 'AWS_ENDPOINT_URL'].find((one) => env[one]);
  const value = name === undefined ? undefined : env[name];
  if (name === undefined || value === undefined || isAddress(value)) return value;
  throw new UserError('settings', `The environment variable ${name} is not an http or https address.`, {
    hint: ['Correct it, or use AWS without it:', command`unset ${name}`],
  });
}

/** @throws {UserError} `settings` for what is not an address */
function endpointFromFile(value: string | undefined, profile: string, file: string): string | undefined {
  if (value === undefined || isAddress(value)) return value;
  throw new UserError(
    'settings',
    `The endpoint_url of the AWS profile “${profile}” is not an http or https address.`,
    { hint: `Correct it in ${file}, or remove it.` },
  );
}

/**
 * Refuses a pipe or a device in place of a configuration file: the SDK would wait for it, or read it, without end. Nothing
 * is read from /dev/null, which turns a file off.
 * @throws {UserError} `settings`
 */
async function requireFile(path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined || found.isFile() || found.isDirectory() || path === '/dev/null') return;
  throw new UserError('settings', `The AWS configuration ${path} is not a plain file.`, {
    hint: 'Name a file in AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE, or unset them.',
  });
}

/**
 * Reads the settings from the environment that a command was given, and from the configuration files that it names. The
 * SDK would read both from its own process: https://docs.aws.amazon.com/sdkref/latest/guide/settings-reference.html
 */
export async function readAwsSettings(
  context: Pick<Context, 'env' | 'home'>,
  profile: string | undefined,
): Promise<AwsSettings> {
  const { env } = context;
  const home = homeOf(context);
  const below = (path: string) => (path.startsWith('~/') ? join(home, path.slice(2)) : path);
  const { loadSharedConfigFiles } = await import('@smithy/core/config');
  const configFilepath = below(env.AWS_CONFIG_FILE || '~/.aws/config');
  const filepath = below(env.AWS_SHARED_CREDENTIALS_FILE || '~/.aws/credentials');
  await Promise.all([configFilepath, filepath].map(requireFile));
  const { configFile, credentialsFile } = await loadSharedConfigFiles({ configFilepath, filepath });
  const name = profile || env.AWS_PROFILE || 'default';
  const section: Section = { ...credentialsFile[name], ...configFile[name] };
  const services: Section = configFile[`services.${section.services}`] ?? {};
  const ignored = isSet(env.AWS_IGNORE_CONFIGURED_ENDPOINT_URLS ?? section.ignore_configured_endpoint_urls);
  return {
    endpoint: (service) =>
      ignored
        ? undefined
        : (endpointFromEnv(env, service) ??
          endpointFromFile(
            services[`${service.toLowerCase()}.endpoint_url`] ?? section.endpoint_url,
            name,
            configFilepath,
          )),
    useFipsEndpoint: isSet(env.AWS_USE_FIPS_ENDPOINT ?? section.use_fips_endpoint),
    useDualstackEndpoint: isSet(env.AWS_USE_DUALSTACK_ENDPOINT ?? section.use_dualstack_endpoint),
  };
}
