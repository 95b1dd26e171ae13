import assert from 'node:assert/strict';
import { test } from 'node:test';
import { login } from '../../../../cli/commands/login.ts';
import { codeAt, stepAt } from '../../../../local/cognito/challenges/software-token.ts';
import type { JsonObject } from '../../../../local/json.ts';
import { failure, NEW_PASSWORD, PASSWORD, type Person, run, type World, world } from '../helpers/world.ts';

const MINUTE = 60_000;
const APP: JsonObject = { MfaConfiguration: 'ON', EnabledMfas: ['SOFTWARE_TOKEN_MFA'] };
const MESSAGES: JsonObject = {
  MfaConfiguration: 'OPTIONAL',
  EnabledMfas: ['SMS_MFA', 'EMAIL_OTP', 'SOFTWARE_TOKEN_MFA'],
  SmsConfiguration: { SnsCallerArn: 'arn:aws:iam::123456789012:role/sms' },
  EmailConfiguration: {
    EmailSendingAccount: 'DEVELOPER',
    SourceArn: 'arn:aws:ses:us-east-1:123456789012:identity/example.com',
  },
};

const appCode = ({ setup }: World, secret: string) => codeAt(secret, stepAt(setup.clock.now()));
const sentCode = ({ setup }: World) => /\d{6,8}/.exec(setup.outbox().at(-1)?.body ?? '')?.[0] ?? '';

/** Signs in as a person at a terminal. Also returns the output. */
async function atTerminal(here: World, person: Person, args = {}) {
  const context = here.context({ person: { Password: PASSWORD, ...person } });
  const result = await run(here, login(context, { url: here.url, username: 'ada', ...args }));
  const told = context.events.flatMap((event) => (event.type === 'instruction' ? [event.text] : []));
  const warnings = context.events.flatMap((event) => (event.type === 'warning' ? [event.text] : []));
  return { result, told, warnings, prompts: context.prompts };
}

/** Returns the secret that the set-up of an app shows. */
function shownSecret(context: { events: { type: string; text?: string }[] }): string {
  const shown = context.events.map(({ text }) => text ?? '').join('\n');
  return /otpauth:\/\/totp\/\S+secret=([A-Z2-7]+)/.exec(shown)?.[1] ?? '';
}

async function withApp(here: World): Promise<string> {
  await here.user('ada');
  const context = here.context({
    person: { Password: PASSWORD, 'Code that the app shows': () => appCode(here, shownSecret(context)) },
  });
  await login(context, { url: here.url, username: 'ada' });
  const secret = shownSecret(context);
  here.setup.advance(MINUTE);
  return secret;
}

test('sets up an authenticator app at the first sign-in with address, QR code and key', async (t) => {
  const here = await world(t, { pool: APP });
  await here.user('ada', { temporary: true });
  const context = here.context({
    person: {
      Password: PASSWORD,
      'New password': NEW_PASSWORD,
      'Code that the app shows': ['123', '000 000', () => appCode(here, shownSecret(context))],
    },
  });
  const { document } = await run(here, login(context, { url: here.url, username: 'ada' }));
  assert.equal(document.username, 'ada');
  const told = context.events.flatMap((event) => (event.type === 'instruction' ? [event.text] : []));
  const host = encodeURIComponent(new URL(here.url).host);
  const secret = shownSecret(context);
  assert.ok(told.join('\n').includes(`otpauth://totp/${host}:ada?secret=${secret}&issuer=${host}`));
  assert.ok(told.join('\n').replaceAll(/\s/g, '').includes(`authenticatorapp:${secret}`));
  const qr = told.findIndex((text) => /^█+$/m.test(text));
  assert.ok(qr > told.findIndex((text) => text.includes('otpauth:')), 'the key precedes the QR code');
  const lines = (told[qr] ?? '').split('\n');
  assert.ok(
    lines.length < 24 && lines.every((line) => line.length <= 60),
    'it fits a terminal, and the prompt below it',
  );
  assert.ok(context.events.some((event) => event.type === 'warning' && /Code mismatch/.test(event.text)));
});

test('asks for the app’s code at later sign-ins, and again if it is wrong', async (t) => {
  const here = await world(t, { pool: APP });
  const secret = await withApp(here);
  const { prompts, warnings } = await atTerminal(here, {
    'Code of the authenticator app': ['000000', () => appCode(here, secret)],
  });
  assert.deepEqual(prompts.slice(1), ['Code of the authenticator app', 'Code of the authenticator app']);
  assert.match(warnings.join(), /Invalid code received/);
});

test('reads set-up and code from standard input, one line each', async (t) => {
  const here = await world(t, { pool: APP });
  await here.user('ada');
  const flags = { url: here.url, username: 'ada', passwordStdin: true, codeStdin: true };
  const setUp = here.context({ stdin: '' });
  const input = (async function* () {
    yield Buffer.from(`${PASSWORD}\n`);
    // Writes the code once the address is on standard error, as a script would.
    while (shownSecret(setUp) === '') await new Promise((resolve) => setImmediate(resolve));
    yield Buffer.from(`${appCode(here, shownSecret(setUp))}\n`);
  })();
  const { Readable } = await import('node:stream');
  await run(here, login({ ...setUp, stdin: Readable.from(input) }, flags));
  assert.ok(!setUp.events.some((event) => event.type === 'instruction' && event.text.includes('█')));

  here.setup.advance(MINUTE);
  const stdin = `${PASSWORD}\n${appCode(here, shownSecret(setUp))}\n`;
  await run(here, login(here.context({ stdin }), flags));
});

test('reports a missing code without a terminal as a usage error with the flag', async (t) => {
  const here = await world(t, { pool: APP });
  await withApp(here);
  const context = here.context({ env: { EDGE_UPLOAD_PASSWORD: PASSWORD } });
  const error = await failure(here, login(context, { url: here.url, username: 'ada' }));
  assert.equal(error.code, 'usage');
  assert.match(error.hint ?? '', /--code-stdin/);
});

test('asks for codes by text message or e-mail, and which of them to send', async (t) => {
  const here = await world(t, { pool: MESSAGES });
  const { sdk, UserPoolId } = here.setup;
  await here.user('ada', { attributes: { phone_number: '+15550100123' } });
  const Enabled = true;
  const prefer = (settings: object) =>
    sdk.adminSetUserMFAPreference({ UserPoolId, Username: 'ada', ...settings });
  await prefer({ SMSMfaSettings: { Enabled } });
  const sms = await atTerminal(here, { 'Code sent to +*******0123': () => sentCode(here) });
  assert.equal(sms.prompts.length, 2);

  await prefer({ EmailMfaSettings: { Enabled } });
  const chosen = await atTerminal(here, {
    'Second factor (sms, email)': ['pigeon', 'Email'],
    'Code sent to a***@e***': () => sentCode(here),
  });
  assert.equal(chosen.prompts.length, 4, 'asks again after a choice that is not offered');

  const given = await atTerminal(here, { 'Code sent to +': () => sentCode(here) }, { factor: 'sms' });
  assert.equal(given.prompts.length, 2);
  const context = here.context({ env: { EDGE_UPLOAD_PASSWORD: PASSWORD } });
  const unasked = await failure(here, login(context, { url: here.url, username: 'ada' }));
  assert.match(unasked.hint ?? '', /--mfa/);
  const other = await failure(here, login(context, { url: here.url, username: 'ada', factor: 'app' }));
  assert.deepEqual([other.code, /sms, email/.test(other.hint ?? '')], ['usage', true]);
});

test('starts again after an expired session with the values already typed', async (t) => {
  const here = await world(t, { pool: APP, client: { AuthSessionValidity: 3 } });
  const secret = await withApp(here);
  const { prompts } = await atTerminal(here, {
    'Code of the authenticator app': () => {
      here.setup.advance(4 * MINUTE);
      return appCode(here, secret);
    },
  });
  assert.deepEqual(prompts, ['Password', 'Code of the authenticator app'], 'each prompt appears once');
});

test('asks for a new code if the session expires before the first arrives', async (t) => {
  const here = await world(t, { pool: MESSAGES, client: { AuthSessionValidity: 3 } });
  const { sdk, UserPoolId } = here.setup;
  await here.user('ada');
  await sdk.adminSetUserMFAPreference({ UserPoolId, Username: 'ada', EmailMfaSettings: { Enabled: true } });
  const late = () => {
    const code = sentCode(here);
    here.setup.advance(4 * MINUTE);
    return code;
  };
  const { prompts, told } = await atTerminal(here, { 'Code sent to': [late, () => sentCode(here)] });
  assert.equal(prompts.length, 3);
  assert.equal(here.setup.outbox().length, 2);
  assert.match(told.join(), /took too long/);
});

test('refuses the set-up of other factors, and unknown challenges, by name', async (t) => {
  const here = await world(t, { pool: { ...MESSAGES, MfaConfiguration: 'ON', EnabledMfas: ['SMS_MFA'] } });
  await here.user('ada');
  const signIn = () =>
    login(here.context({ env: { EDGE_UPLOAD_PASSWORD: PASSWORD } }), { url: here.url, username: 'ada' });
  const setUp = await failure(here, signIn());
  assert.equal(setUp.code, 'challenge_unsupported');
  assert.match(setUp.message, /text message/);
  for (const name of ['CUSTOM_CHALLENGE', 'DEVICE_SRP_AUTH', 'SOMETHING_NEW']) {
    const body = { ChallengeName: name, ChallengeParameters: {}, Session: 'x'.repeat(30) };
    here.intercept(() => ({ status: 200, body }));
    const error = await failure(here, signIn());
    assert.deepEqual(
      [error.code, error.exitCode, error.message.includes(name)],
      ['challenge_unsupported', 4, true],
    );
    assert.match(error.hint ?? '', /operator/);
  }
});

test('explains that a password alone is not enough if a second factor is required', async (t) => {
  const here = await world(t, { pool: APP });
  await withApp(here);
  const { token } = await import('../../../../cli/commands/token.ts');
  const env = { EDGE_UPLOAD_URL: here.url, EDGE_UPLOAD_USERNAME: 'ada', EDGE_UPLOAD_PASSWORD: PASSWORD };
  const error = await failure(here, token(here.context({ env }), {}));
  assert.deepEqual([error.code, error.exitCode], ['not_signed_in', 4]);
  assert.match(error.message, /second factor/);
});
