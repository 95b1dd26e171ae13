/** What a distribution is called: it is on loopback, and its port tells it from others. */
export function domainName(port: number): string {
  return `127.0.0.1:${port}`;
}
