import { BlockList, isIP } from 'node:net';
import { domainToASCII } from 'node:url';

/** Destination of a connection. */
export interface Destination {
  /** As `URL.hostname` gives it; IPv6 in brackets or without. */
  readonly hostname: string;
  readonly port: number;
}

function bare(name: string): string {
  const text = name
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/%.*$/, '')
    .toLowerCase();
  return isIP(text) === 0 ? domainToASCII(text.replace(/\.+$/, '')) || text : text;
}

const family = (address: string) => (isIP(address) === 6 ? 'ipv6' : 'ipv4');

function isInBlock(address: string, network: string, bits: number): boolean {
  const width = isIP(network) === 6 ? 128 : 32;
  if (isIP(network) === 0 || bits > width) return false;
  const block = new BlockList();
  block.addSubnet(network, bits, family(network));
  return block.check(address, family(address));
}

function matches(entry: string, { hostname, port }: Destination): boolean {
  if (entry === '*') return true;
  const host = bare(hostname);
  const block = /^\[?([^\]/]+)\]?\/(\d{1,3})$/.exec(entry);
  if (block !== null) {
    const [, network = '', bits] = block;
    return isIP(host) !== 0 && isInBlock(host, network, Number(bits));
  }
  const withPort = isIP(entry) === 6 ? null : /^(.*?):(\d{1,5})$/.exec(entry);
  if (withPort !== null && Number(withPort[2]) !== port) return false;
  const name = bare((withPort?.[1] ?? entry).replace(/^\*?\.+/, ''));
  if (name === '') return false;
  if (name === '*') return true;
  if (isIP(host) !== 0) return isIP(name) !== 0 && isInBlock(host, name, isIP(name) === 6 ? 128 : 32);
  return host === name || host.endsWith(`.${name}`);
}

/**
 * Returns true if `NO_PROXY` contains a destination, by curl's rules. Entries are separated by commas or spaces. Each is
 * a host with its subdomains, an address or a block of addresses, optionally with a port, or `*`.
 * https://everything.curl.dev/usingcurl/proxies/env.html
 */
export function isExempt(noProxy: string, destination: Destination): boolean {
  return noProxy
    .split(/[\s,]+/)
    .filter((entry) => entry !== '')
    .some((entry) => matches(entry, destination));
}
