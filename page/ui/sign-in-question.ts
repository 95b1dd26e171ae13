import { PASSWORD_POLICY } from '../../protocol/sign-in.ts';
import type { Question } from '../sign-in/cognito.ts';
import type { Texts } from '../texts/en.ts';
import { createForm, element, field } from './elements.ts';

interface QuestionOptions {
  readonly texts: Texts;
  readonly username: string;
  /** Shows why the last input was not accepted. */
  readonly alert: Node;
  readonly resolve: (response: string) => void;
}

/** The form of a question. The person types into `input`. */
interface QuestionForm {
  readonly parts: readonly Node[];
  readonly input: HTMLInputElement;
}

/** Creates the form of a question that Cognito asks after the password. */
export function createQuestion(
  question: Question,
  { texts, username, alert, resolve }: QuestionOptions,
): QuestionForm {
  const isPassword = question.kind === 'newPassword';
  const { input, parts } = isPassword ? passwordField(texts, username) : codeField(texts);
  // The form stays disabled until another screen replaces it.
  const response = () => new Promise<void>(() => resolve(input.value));
  return {
    input,
    parts: [...helpFor(question, texts, username), alert, createForm(parts, texts.continue, response)],
  };
}

function helpFor(question: Question, texts: Texts, username: string): readonly Node[] {
  if (question.kind === 'newPassword') {
    const rules = element('p', { id: 'rules' }, texts.passwordRules(PASSWORD_POLICY.minLength));
    return [element('h2', {}, texts.choosePassword), element('p', {}, texts.newPasswordHelp), rules];
  }
  const title = element('h2', {}, texts.secondFactor);
  if (question.kind === 'code') return [title];
  const { secret } = question;
  // https://github.com/google/google-authenticator/wiki/Key-Uri-Format
  const label = `${encodeURIComponent(location.host)}:${encodeURIComponent(username)}`;
  const address = `otpauth://totp/${label}?secret=${secret}&issuer=${encodeURIComponent(location.host)}`;
  return [
    title,
    element('p', {}, texts.appHelp),
    element('pre', { class: 'key', tabindex: '0' }, secret.replace(/(.{4})(?=.)/g, '$1 ')),
    element('p', {}, element('a', { href: address }, texts.appOpen)),
  ];
}

function passwordField(texts: Texts, username: string): QuestionForm {
  const { input, parts } = field('new-password', texts.newPassword, {
    type: 'password',
    autocomplete: 'new-password',
    'aria-describedby': 'rules',
  });
  // A mistyped new password would lock the user out.
  const shown = element('input', { type: 'checkbox', id: 'shown' });
  shown.addEventListener('change', () => {
    input.type = shown.checked ? 'text' : 'password';
  });
  const check = element(
    'p',
    { class: 'check' },
    shown,
    ' ',
    element('label', { for: 'shown', class: 'plain' }, texts.showPassword),
  );
  // Password managers store the new password for the user name in the same form.
  const name = element('input', { autocomplete: 'username', value: username, readonly: true, hidden: true });
  return { input, parts: [...parts, check, name] };
}

function codeField(texts: Texts): QuestionForm {
  return field('code', texts.code, {
    autocomplete: 'one-time-code',
    inputmode: 'numeric',
    // Six digits, with or without spaces.
    pattern: '(\\s*[0-9]){6}\\s*',
    title: texts.codeForm,
  });
}
