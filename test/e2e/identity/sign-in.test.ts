import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { execPath } from 'node:process';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { codeAt, stepAt } from '../../../local/cognito/challenges/software-token.ts';
import type { JsonObject } from '../../../local/json.ts';
import { appCode, atTerminal, sentCode } from '../../cli/identity/helpers/at-terminal.ts';
import { NEW_PASSWORD, PASSWORD, type World, world } from '../../cli/identity/helpers/world.ts';
import { noTerminal as skip, type Typing } from '../../support/terminal/terminal.ts';
import { CLI } from '../harness.ts';

const MINUTE = 60_000;
const APP: JsonObject = { MfaConfiguration: 'ON', EnabledMfas: ['SOFTWARE_TOKEN_MFA'] };
const MESSAGES: JsonObject = {
  MfaConfiguration: 'OPTIONAL',
  EnabledMfas: ['SMS_MFA', 'EMAIL_OTP'],
  SmsConfiguration: { SnsCallerArn: 'arn:aws:iam::123456789012:role/sms' },
  EmailConfiguration: {
    EmailSendingAccount: 'DEVELOPER',
    SourceArn: 'arn:aws:ses:us-east-1:123456789012:identity/example.com',
  },
};

async function signIn(here: World, typing: Typing, flags: readonly string[] = []): Promise<string> {
  const args = [CLI, 'login', here.url, '--username', 'ada', ...flags];
  const { shown, code } = await atTerminal(here, args, [['Password', PASSWORD], ...typing]);
  assert.equal(code, 0, shown);
  assert.match(shown, /Signed in to .* as ada/);
  for (const line of screenLines(shown)) assert.ok([...line].length <= 80, line);
  return shown;
}

/** Returns the lines that a person reads, without colours, cursor movements, and the addresses and paths that are never wrapped. */
function screenLines(shown: string): string[] {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the terminal's own; what is redrawn begins a line
  const plain = shown.replaceAll(/\u001b\[(?:2K|G)/g, '\n').replaceAll(/\u001b\[[0-9;?]*[A-Za-z]/g, '');
  return plain.split(/\r?\n|\r/).filter((line) => !/otpauth:|\.json/.test(line));
}

test('passes every challenge at a terminal', { skip }, async (t) => {
  await t.test('a refused first password, an attribute, the set-up of an app', async (t) => {
    const here = await world(t, {
      pool: {
        ...APP,
        Schema: [{ Name: 'name', Required: true, Mutable: true }],
        Policies: { PasswordPolicy: { MinimumLength: 16 } },
      },
    });
    await here.user('ada', { temporary: true });
    const shown = await signIn(here, [
      ['at least 12 characters', null],
      ['New password', 'weakling'],
      ['It needs 4 more characters', null],
      // This pool has a stricter policy than `deploy` sets.
      ['New password', 'Short-horse-42!'],
      ['New password again', 'Short-horse-42!'],
      ["The user's name", 'Ada Lovelace'],
      ['did not conform with policy', null],
      ['New password', NEW_PASSWORD],
      ['New password again', NEW_PASSWORD],
      ['Code that the app shows', '000'],
      ['six digits', null],
      ['Code that the app shows', appCode(here)],
    ]);
    assert.match(shown, /█▀▀▀▀▀█|█ ▄▄▄▄▄ █/, 'a QR code');
    assert.ok(!shown.includes('weakling'), 'passwords are not shown');

    here.setup.advance(MINUTE);
    const secret = /secret=([A-Z2-7]+)/.exec(shown.replaceAll(/\r?\n/g, ''))?.[1] ?? '';
    const again = await atTerminal(
      here,
      [CLI, 'login', here.url, '--username', 'ada'],
      [
        ['Password', NEW_PASSWORD],
        ['Code of the authenticator app', '000000'],
        ['Invalid code received', null],
        ['Code of the authenticator app', codeAt(secret, stepAt(here.setup.clock.now()))],
      ],
    );
    assert.equal(again.code, 0, again.shown);
  });

  await t.test('a text message, an e-mail, and the choice between them', async (t) => {
    const here = await world(t, { pool: MESSAGES });
    const { sdk, UserPoolId } = here.setup;
    await here.user('ada', { attributes: { phone_number: '+15550100123' } });
    const turnOn = (settings: object) =>
      sdk.adminSetUserMFAPreference({ UserPoolId, Username: 'ada', ...settings });
    await turnOn({ SMSMfaSettings: { Enabled: true } });
    await signIn(here, [['Code sent to +*******0123', sentCode(here)]]);
    await turnOn({ EmailMfaSettings: { Enabled: true } });
    await signIn(here, [
      ['Second factor (sms, email)', 'pigeon'],
      ['Type one of', null],
      ['Second factor (sms, email)', 'email'],
      ['Code sent to a***@e***', sentCode(here)],
    ]);
    await signIn(here, [['Code sent to +', sentCode(here)]], ['--mfa', 'sms']);
  });
});

/** Signs in without a terminal. Writes a line of standard input for each answer, and the code once it is known. */
async function byFlags(here: World, flags: readonly string[], code: (said: string) => string | undefined) {
  const child = spawn(
    execPath,
    [CLI, 'login', here.url, '--username', 'ada', '--password-stdin', '--code-stdin', '--json', ...flags],
    { env: { PATH: process.env.PATH, HOME: here.home, ...here.env } },
  );
  const stdout = text(child.stdout);
  child.stdin.write(`${PASSWORD}\n`);
  let said = '';
  let given = false;
  const give = () => {
    const line = given ? undefined : code(said);
    if (line === undefined) return;
    given = true;
    child.stdin.end(`${line}\n`);
  };
  child.stderr.on('data', (chunk) => {
    said += chunk;
    give();
  });
  const watching = setInterval(give, 20);
  const [status] = await once(child, 'close');
  clearInterval(watching);
  here.shown(said);
  assert.equal(status, 0, said + (await stdout));
  return JSON.parse(await stdout) as { username: string };
}

test('passes every challenge with flags and standard input', async (t) => {
  const app = await world(t, { pool: APP });
  await app.user('ada');
  const now = () => stepAt(app.setup.clock.now());
  let secret = '';
  const setUp = await byFlags(app, [], (said) => {
    secret = /secret=([A-Z2-7]+)/.exec(said)?.[1] ?? '';
    return secret === '' ? undefined : codeAt(secret, now());
  });
  assert.equal(setUp.username, 'ada');
  app.setup.advance(MINUTE);
  await byFlags(app, [], () => codeAt(secret, now()));

  const here = await world(t, { pool: MESSAGES });
  const { sdk, UserPoolId, outbox } = here.setup;
  await here.user('ada', { attributes: { phone_number: '+15550100123' } });
  const Enabled = true;
  await sdk.adminSetUserMFAPreference({
    UserPoolId,
    Username: 'ada',
    SMSMfaSettings: { Enabled },
    EmailMfaSettings: { Enabled },
  });
  for (const factor of ['sms', 'email']) {
    const before = outbox().length;
    const newest = () => /\d{6,8}/.exec(outbox()[before]?.body ?? '')?.[0];
    await byFlags(here, ['--mfa', factor], newest);
  }
});
