/** The command that signs in to that edge, ready to be typed. */
export function loginCommand(url: string, username?: string): string {
  const user = username !== undefined && /^[\w.@+-]+$/.test(username) ? ` --username ${username}` : '';
  return `edge-upload login ${url}${user}`;
}
