const LOOPBACK = /^(localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/** Whether a host name, as in `URL.hostname`, always means this computer. */
export function isLoopback(hostname: string): boolean {
  return LOOPBACK.test(hostname);
}

/**
 * Whether a host, as in `URL.hostname`, is a plain name or address. URL hosts can also contain `*`, `;`, `,` and
 * quotes, which have a meaning in a Content-Security-Policy.
 */
export function isPlainHost(hostname: string): boolean {
  return /^(?:[\w-]+(?:\.[\w-]+)*\.?|\[[\da-f:.]+\])$/.test(hostname);
}

/** Whether credentials can be sent to a URL: over https, or over http to this computer. */
export function isSecureOrigin({ protocol, hostname }: URL): boolean {
  return protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname));
}
