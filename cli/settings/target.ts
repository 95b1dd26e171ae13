import { command, type HintLine } from '../command-line.ts';
import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import { readLink } from '../links/link-address.ts';
import {
  type Deployment,
  findByName,
  knownDeployments,
  listDeployments,
  useForHints,
} from './deployments.ts';
import { edgeUrl } from './edge-url.ts';
import { orReport } from './records.ts';

/** Address of an edge, and its deployment if it is recorded on this computer. */
export interface Target {
  readonly url: string;
  readonly deployment?: Deployment;
}

/**
 * Returns the edge that a command uses: the typed address, then `--stack-name`, `EDGE_UPLOAD_LINK`, `EDGE_UPLOAD_URL`,
 * `EDGE_UPLOAD_STACK` (flags before environment), then the deployment used last.
 * @param first What to do with the address of an edge that this computer does not know.
 */
export async function resolveTarget(
  context: Context,
  typed?: string,
  first: readonly HintLine[] = SIGN_IN,
): Promise<Target> {
  const target = await findTarget(context, typed, first);
  await useTarget(context, target);
  return target;
}

const SIGN_IN = ['Sign in at the address that you were given:', command`edge-upload login <url>`];

/** Sets the edge that printed commands name. */
export async function useTarget(context: Context, { url, deployment }: Target): Promise<void> {
  await useForHints(context, {
    url,
    stackName: deployment?.name,
    local: deployment?.local !== undefined,
    operated: deployment?.bucket !== undefined,
  });
}

async function findTarget(
  context: Context,
  typed: string | undefined,
  first: readonly HintLine[],
): Promise<Target> {
  const byUrl = async (address: string): Promise<Target> => {
    const url = edgeUrl(address);
    const deployment = await knownAt(context, url);
    return deployment === undefined ? { url } : { url, deployment };
  };
  if (typed !== undefined) return byUrl(typed);
  const { stackName } = context.options;
  const fromFlag = stackName !== undefined && stackName !== context.env.EDGE_UPLOAD_STACK;
  const { EDGE_UPLOAD_LINK: link, EDGE_UPLOAD_URL: address } = context.env;
  if (!fromFlag && link) return byUrl(addressOfLink(link, address));
  if (!fromFlag && address) return byUrl(address);
  if (stackName !== undefined) {
    const deployment = await findByName(context, stackName);
    if (deployment !== undefined) return { url: deployment.url, deployment };
    throw new UserError('no_deployment', `There is no deployment called “${stackName}”.`, {
      hint: first,
    });
  }
  const { current, all } = await knownDeployments(context);
  if (current !== undefined) {
    if (all.length > 1) printChoice(context, current);
    return { url: current.url, deployment: current };
  }
  if (all.length > 0) throw noneChosen(all);
  throw new UserError('no_deployment', 'There is no deployment on this computer yet.', {
    hint: [
      ...first,
      'As an operator, create a deployment; or try one without AWS:',
      command`edge-upload deploy`,
      command`edge-upload demo`,
    ],
  });
}

/** Returns the edge of a link. Refuses two variables that name two edges. */
function addressOfLink(link: string, address: string | undefined): string {
  const { url } = readLink(link, 'EDGE_UPLOAD_LINK');
  if (!address || edgeUrl(address) === url) return url;
  throw new UserError(
    'usage',
    `EDGE_UPLOAD_LINK is a link of ${url}, but EDGE_UPLOAD_URL names ${edgeUrl(address)}.`,
    { hint: 'Unset one of the two variables.' },
  );
}

/** Looks up the deployment of an address. An unreadable list of deployments is ignored: the address is enough. */
function knownAt(context: Context, url: string): Promise<Deployment | undefined> {
  return orReport(
    async () => (await listDeployments(context)).find((known) => known.url === url),
    ({ message }) =>
      context.ui.event({ type: 'note', text: `The settings for ${url} are not used: ${message}` }),
  );
}

/** Returns the error for a missing choice: several deployments are known, or the current one was removed. */
export function noneChosen(
  known: readonly Deployment[],
  message = 'No deployment is chosen on this computer.',
): UserError {
  return new UserError('no_deployment', message, {
    hint: [
      'Choose one, or name it with --stack-name <name>:',
      ...known.map(({ name }) => command`edge-upload deployments use ${name}`),
    ],
  });
}

/** Prints once in a run which of several deployments is used. */
export function printChoice(context: Context, { name, url }: Deployment): void {
  if (context.inUse.printed === name) return;
  context.inUse.printed = name;
  const where = new URL(url).host === name ? name : `${name} (${new URL(url).host})`;
  context.ui.event({
    type: 'note',
    text: `Deployment: ${where}, the one used last. To use another, add --stack-name <name>.`,
  });
}
