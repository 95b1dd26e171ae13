/**
 * Returns the text of an answer without the credential of its request: a server may quote the request, and what it says
 * reaches screens and logs.
 * @param authorization value of the request's header, such as `Bearer <token>`
 */
export function withoutCredential(text: string, authorization = ''): string {
  const credential = authorization.slice(authorization.indexOf(' ') + 1);
  return credential === '' ? text : text.replaceAll(credential, '…');
}
