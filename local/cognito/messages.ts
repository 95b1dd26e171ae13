import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { JsonFile } from '../json-file.ts';
import type { MessageFactor, PoolSettings } from './resources/pool-properties.ts';

/** A message that AWS would send, with its code or temporary password. */
export interface Message {
  /** An e-mail address, or the telephone number that a text message goes to. */
  readonly to: string;
  /** Absent in a text message. */
  readonly subject?: string;
  readonly body: string;
}

/** Writes each message to a file, mode 0600, instead of sending it. File names sort by time. */
export class Outbox {
  readonly #dir: string;
  readonly #now: () => Date;
  #sent = 0;

  constructor(dir: string, now: () => Date) {
    this.#dir = dir;
    this.#now = now;
  }

  send(message: Message): void {
    const at = this.#now().toISOString();
    this.#sent += 1;
    const turn = String(this.#sent).padStart(6, '0');
    const file = join(this.#dir, `${at.replaceAll(':', '-')}-${turn}-${randomUUID().slice(0, 8)}.json`);
    new JsonFile<Message & { at: string }>(file).write({ at, ...message });
  }
}

/** Fills a template in one pass: names and passwords can contain placeholders, and `$`. */
const fill = (template: string, username: string, code: string) =>
  template.replace(/\{username\}|\{####\}/g, (name) => (name === '{####}' ? code : username));

const INVITATION = 'Your username is {username} and temporary password is {####}.';

/** Returns the e-mail with a temporary password, from the pool's template or Cognito's. */
export function invitation(settings: PoolSettings, to: string, username: string, code: string): Message {
  const template = settings.AdminCreateUserConfig?.InviteMessageTemplate;
  return {
    to,
    subject: template?.EmailSubject ?? 'Your temporary password',
    body: fill(template?.EmailMessage ?? INVITATION, username, code),
  };
}

/** Returns the text message with a temporary password. */
export function textInvitation(settings: PoolSettings, to: string, username: string, code: string): Message {
  const template = settings.AdminCreateUserConfig?.InviteMessageTemplate?.SMSMessage;
  return { to, body: fill(template ?? INVITATION, username, code) };
}

/** Returns the e-mail with the code of a password reset. */
export function resetMessage(settings: PoolSettings, to: string, username: string, code: string): Message {
  const template = settings.VerificationMessageTemplate;
  return {
    to,
    subject: template?.EmailSubject ?? settings.EmailVerificationSubject ?? 'Your password reset code',
    body: fill(
      template?.EmailMessage ?? settings.EmailVerificationMessage ?? 'Your password reset code is {####}',
      username,
      code,
    ),
  };
}

/** Returns the message with the code of a second factor. */
export function signInMessage(
  settings: PoolSettings,
  factor: MessageFactor,
  { to, user, code }: { readonly to: string; readonly user: string; readonly code: string },
): Message {
  if (factor === 'SMS_MFA') {
    const template = settings.SmsAuthenticationMessage ?? 'Your authentication code is {####}.';
    return { to, body: fill(template, user, code) };
  }
  return {
    to,
    subject: settings.EmailAuthenticationSubject ?? 'Your authentication code',
    body: fill(settings.EmailAuthenticationMessage ?? 'Your authentication code is {####}.', user, code),
  };
}

/** Masks an address for a response: `a***@e***`, `+*******0123`. */
export function mask(address: string): string {
  if (!address.includes('@')) return `+${'*'.repeat(Math.max(0, address.length - 5))}${address.slice(-4)}`;
  return address
    .split('@')
    .map((part) => `${part.charAt(0)}***`)
    .join('@');
}
