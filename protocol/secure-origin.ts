const LOOPBACK = /^(localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/** Whether a host name, as `URL.hostname` gives it, can only mean this computer. */
export function isLoopback(hostname: string): boolean {
  return LOOPBACK.test(hostname);
}

/**
 * Whether a host name, as `URL.hostname` gives it, is a name or an address. A URL can also have `*`, `;`, `,` and quotes in
 * its host, which mean something else in a Content-Security-Policy.
 */
export function isPlainHost(hostname: string): boolean {
  return /^(?:[\w-]+(?:\.[\w-]+)*\.?|\[[\da-f:.]+\])$/.test(hostname);
}

/** Whether a credential can be sent to a URL: https, or plain http that stays on this computer. */
export function isSecureOrigin({ protocol, hostname }: URL): boolean {
  return protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname));
}
