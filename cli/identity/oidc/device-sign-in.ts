import { setTimeout as delay } from 'node:timers/promises';
import {
  type DeviceAuthorizationResponse,
  genericGrantRequest,
  initiateDeviceAuthorization,
  type TokenEndpointResponse,
} from 'openid-client';
import { command } from '../../command-line.ts';
import type { Context } from '../../context.ts';
import { interrupted, UserError } from '../../errors.ts';
import { findFailure, isTimeout, isTransient } from '../../network/failures.ts';
import { sameCommand } from '../../same-command.ts';
import { asTask } from '../../ui/create.ts';
import { audienceParameters, scopeOf } from './authorization-request.ts';
import { insecurePage, type ProviderSignIn } from './code-sign-in.ts';
import type { Provider } from './provider.ts';
import {
  isTransientAnswer,
  providerError,
  statusOf,
  unansweredError,
  withProviderErrors,
} from './provider-failures.ts';

/** https://www.rfc-editor.org/rfc/rfc8628#section-3.4 */
const GRANT = 'urn:ietf:params:oauth:grant-type:device_code';

const DEFAULT_INTERVAL_S = 5;
const MAX_INTERVAL_S = 60;
/** Maximum milliseconds, even if the provider's code is valid for longer. */
const PATIENCE_MS = 15 * 60_000;
/** Milliseconds without a response after which the sign-in ends. The network may change while the user types. */
const MAX_SILENCE_MS = 2 * 60_000;
/** The clocks of virtual machines can run fast, and providers respond to an early poll with `slow_down`. */
const LATER = 1.2;

/** Returns true if the provider has the device grant. */
export function hasDeviceGrant({ config }: Provider): boolean {
  return config.serverMetadata().device_authorization_endpoint !== undefined;
}

/** Signs in with a browser on any device: the user opens an address there and types a short code. */
export async function signInByDevice(
  context: Context,
  signIn: ProviderSignIn,
): Promise<TokenEndpointResponse> {
  const { ui } = context;
  const { provider, issuer, audience } = signIn;
  const { config, host } = provider;
  if (!hasDeviceGrant(provider)) throw withoutDeviceGrant(host);
  const parameters = audienceParameters(issuer, audience);
  const device = await withProviderErrors(provider, `Asking ${host} for a code`, () =>
    initiateDeviceAuthorization(config, { scope: scopeOf(issuer), ...parameters }),
  );
  if (!provider.isSecure(device.verification_uri)) throw insecurePage(host, device.verification_uri);
  ui.event({
    type: 'instruction',
    text: [
      `Open this address on any device and type the code ${device.user_code}`,
      `  ${device.verification_uri}`,
    ],
  });
  return asTask(ui, 'Waiting for the sign-in', host, () => poll(context, provider, device, parameters));
}

/** Asks for the tokens until the user has signed in. The library's own loop delays Ctrl-C by up to one interval. */
async function poll(
  { signal, ui, now }: Pick<Context, 'signal' | 'ui' | 'now'>,
  provider: Provider,
  device: DeviceAuthorizationResponse,
  parameters: Readonly<Record<string, string>>,
): Promise<TokenEndpointResponse> {
  const { config, host } = provider;
  const endsAt = now().getTime() + Math.min(device.expires_in * 1000, PATIENCE_MS);
  let interval = Math.min(Math.max(device.interval ?? DEFAULT_INTERVAL_S, 1), MAX_INTERVAL_S);
  const body = { ...parameters, device_code: device.device_code };
  /** When the first of the consecutive requests without a response failed. */
  let silentSince: number | undefined;
  const nextPoll = (error: unknown): number => {
    const next = nextInterval(interval, error);
    const failure = unansweredError(error);
    if (failure === undefined) {
      silentSince = undefined;
      return next;
    }
    if (silentSince === undefined) {
      silentSince = now().getTime();
      ui.event({ type: 'warning', text: `${failure.message} Trying again…` });
    } else if (now().getTime() - silentSince >= MAX_SILENCE_MS) throw error;
    return next;
  };
  while (now().getTime() < endsAt) {
    await delay(interval * LATER * 1000, undefined, { signal }).catch(() => {
      throw interrupted();
    });
    const outcome = await withProviderErrors(provider, `Signing in at ${host}`, () =>
      genericGrantRequest(config, GRANT, body).catch(nextPoll),
    );
    if (typeof outcome === 'object') return outcome;
    interval = outcome;
  }
  throw new UserError('gave_up', `Nobody signed in at ${host} with the code in time.`, {
    hint: ['Sign in again:', sameCommand``],
  });
}

/**
 * Returns the seconds until the next poll. A server that fails or cannot be reached is asked as often as before, because
 * the user may be typing the code meanwhile. One that demands fewer requests, or does not respond in time, is asked less
 * often.
 * https://www.rfc-editor.org/rfc/rfc8628#section-3.5
 * @throws the error of a sign-in that has ended
 */
export function nextInterval(seconds: number, error: unknown): number {
  const code = providerError(error)?.error;
  if (code === 'authorization_pending') return seconds;
  const lessOften = Math.min(seconds + 5, MAX_INTERVAL_S);
  if (code === 'slow_down' || statusOf(error) === 429) return lessOften;
  if (isTransientAnswer(error)) return seconds;
  const failure = findFailure(error);
  if (failure === undefined || !isTransient(failure)) throw error;
  return isTimeout(failure) ? lessOften : seconds;
}

function withoutDeviceGrant(host: string): UserError {
  return new UserError('usage', `${host} does not offer a sign-in by device code.`, {
    hint: [
      'Sign in with a browser on this computer, or paste the address of one elsewhere:',
      command`edge-upload login --no-browser`,
    ],
  });
}
