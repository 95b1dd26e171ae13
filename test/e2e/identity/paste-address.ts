import { text } from 'node:stream/consumers';
import { headlessBrowser } from '../../support/headless-browser.ts';

/** Prints the address that a browser ends on. Standard input is the terminal's screen. */
const shown = await text(process.stdin);
const [address = ''] = /https?:\/\/\S+\/auth\?\S+/.exec(shown) ?? [];
const { url } = await headlessBrowser().open(address, (at) => at.includes('/callback?'));
process.stdout.write(url);
