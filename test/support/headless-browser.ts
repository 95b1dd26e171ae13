/** Page that a browser ended on. */
interface Page {
  readonly url: string;
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** A minimal browser: it follows redirects, keeps cookies, and submits forms unchanged. */
export interface HeadlessBrowser {
  /** @param until Returns true for an address at which the browser stops without a request. */
  open(url: string, until?: (url: string) => boolean): Promise<Page>;
  /** Sends the first form of a page with its hidden fields. */
  submit(page: Page, fields?: Readonly<Record<string, string>>): Promise<Page>;
}

const MAX_REDIRECTS = 20;

export function headlessBrowser(): HeadlessBrowser {
  const cookies = new Map<string, string>();
  const send = async (url: string, init: RequestInit = {}): Promise<Response> => {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const headers = { cookie, connection: 'close', ...init.headers };
    const response = await fetch(url, { ...init, headers, redirect: 'manual' });
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      cookies.set(name, value);
    }
    return response;
  };
  const follow = async (first: Response, from: string, until: (url: string) => boolean): Promise<Page> => {
    let [response, url] = [first, from];
    for (let redirects = 0; redirects < MAX_REDIRECTS; redirects += 1) {
      const { status, headers } = response;
      const location = headers.get('location');
      if (location === null) return { url, status, headers, text: await response.text() };
      await response.body?.cancel();
      url = new URL(location, url).href;
      if (until(url)) return { url, status, headers, text: '' };
      response = await send(url);
    }
    throw new Error(`no end of redirects: ${url}`);
  };
  return {
    open: async (url, until = () => false) => follow(await send(url), url, until),
    async submit({ url, text }, fields = {}) {
      const action = /<form[^>]*action="([^"]+)"/.exec(text)?.[1] ?? url;
      const hidden = [...text.matchAll(/<input[^>]*name="([^"]+)"[^>]*value="([^"]*)"/g)];
      const body = new URLSearchParams();
      for (const [, name = '', value = ''] of hidden) body.set(name, value);
      for (const [name, value] of Object.entries(fields)) body.set(name, value);
      const target = new URL(action.replaceAll('&amp;', '&'), url).href;
      return follow(await send(target, { method: 'POST', body }), target, () => false);
    },
  };
}
