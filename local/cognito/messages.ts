import type { Message } from './outbox.ts';
import type { PoolSettings } from './resources/pool-properties.ts';

const fill = (template: string, username: string, code: string) =>
  template.replaceAll('{username}', username).replaceAll('{####}', code);

/** The invitation with its temporary password, in the pool's words or Cognito's. */
export function invitation(settings: PoolSettings, to: string, username: string, code: string): Message {
  const template = settings.AdminCreateUserConfig?.InviteMessageTemplate;
  return {
    to,
    subject: template?.EmailSubject ?? 'Your temporary password',
    body: fill(
      template?.EmailMessage ?? 'Your username is {username} and temporary password is {####}.',
      username,
      code,
    ),
  };
}

/** The code that lets a user choose a new password. */
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

/** An address as an answer may show it: `a***@e***`. */
export function maskEmail(address: string): string {
  return address
    .split('@')
    .map((part) => `${part.charAt(0)}***`)
    .join('@');
}
