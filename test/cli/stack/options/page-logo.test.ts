import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { isUserError } from '../../../../cli/errors.ts';
import { isLogo, readLogo } from '../../../../cli/stack/options/page-logo.ts';

const SVG = 'xmlns="http://www.w3.org/2000/svg"';

async function folder(t: TestContext): Promise<string> {
  const cwd = await mkdtemp(join(tmpdir(), 'edge-upload-logo-'));
  t.after(() => rm(cwd, { recursive: true }));
  return cwd;
}

async function logoOf(cwd: string, content: string | Uint8Array): Promise<string> {
  await writeFile(join(cwd, 'logo.svg'), content);
  return readLogo({ cwd }, 'logo.svg');
}

test('stores a drawing without the data of editors', async (t) => {
  const cwd = await folder(t);
  const drawn = `<?xml version="1.0" encoding="UTF-8"?>
<!-- Created with an editor -->
<svg ${SVG} xmlns:inkscape="http://www.inkscape.org/" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 9 9"
  inkscape:version="1"><metadata><rdf:RDF/></metadata><defs><linearGradient id="a"/></defs><use xlink:href="#b"/>
<path id="b" d="M0 0" fill="url(#a)"/><text>Müller &amp; Söhne &lt;GmbH&gt;</text></svg>`;
  const logo = await logoOf(cwd, drawn);
  assert.equal(
    logo,
    `<svg ${SVG} viewBox="0 0 9 9"><defs><linearGradient id="a"></linearGradient></defs><use href="#b"></use>
<path id="b" d="M0 0" fill="url(#a)"></path><text>Müller &amp; Söhne &lt;GmbH&gt;</text></svg>`,
  );
  assert.ok(isLogo(logo), 'the cleaned text is a logo');
  assert.ok(!isLogo(drawn), 'the text before it was cleaned is not');
});

test('keeps references, brackets and functions of a drawing', async (t) => {
  const cwd = await folder(t);
  const rows = [
    ['<text>M&#252;ller &#x26; S&#xF6;hne &#60;b&#62;</text>', '<text>Müller &amp; Söhne &lt;b&gt;</text>'],
    ['<text>&amp;#60;b&#38;gt;</text>', '<text>&amp;#60;b&amp;gt;</text>'],
    [
      '<g id="Layer (1)" aria-label="A (b)" transform="translate(1 2)scale( 2 )" fill="url(#a) rgb(0, 0, 0)"/>',
      '<g id="Layer (1)" aria-label="A (b)" transform="translate(1 2)scale( 2 )" fill="url(#a) rgb(0, 0, 0)"></g>',
    ],
  ] as const;
  for (const [drawn, kept] of rows) {
    const logo = await logoOf(cwd, `<svg ${SVG}>${drawn}</svg>`);
    assert.equal(logo, `<svg ${SVG}>${kept}</svg>`);
    assert.ok(isLogo(logo));
  }
});

const REFUSED: readonly (readonly [name: string, svg: string, reason: RegExp])[] = [
  ['a script', `<svg ${SVG}><script>alert(1)</script></svg>`, /contains <script>/],
  ['a script by a prefix', `<svg ${SVG}><svg:script>alert(1)</svg:script></svg>`, /contains <svg:script>/],
  ['an event handler', `<svg ${SVG} onload="alert(1)"/>`, /attribute “onload”/],
  ['an event handler in capitals', `<svg ${SVG} ONLOAD="alert(1)"/>`, /attribute “ONLOAD”/],
  ['a link', `<svg ${SVG}><a xlink:href="javascript:alert(1)"/></svg>`, /contains <a>/],
  ['HTML', `<svg ${SVG}><foreignObject/></svg>`, /contains <foreignObject>/],
  [
    'an animation',
    `<svg ${SVG}><set attributeName="href" to="https://evil.example"/></svg>`,
    /contains <set>/,
  ],
  ['an image', `<svg ${SVG}><image href="https://evil.example/a.png"/></svg>`, /contains <image>/],
  ['a style sheet', `<svg ${SVG}><style>@import url(https://evil.example)</style></svg>`, /contains <style>/],
  ['a style', `<svg ${SVG} style="fill:url(https://evil.example)"/>`, /attribute “style”/],
  ['another file', `<svg ${SVG}><use href="https://evil.example/a.svg#b"/></svg>`, /refers to something/],
  [
    'another file by xlink',
    `<svg ${SVG}><use xlink:href="//evil.example/a.svg#b"/></svg>`,
    /refers to something/,
  ],
  ['a fill of another file', `<svg ${SVG} fill="url( 'https://evil.example/#a' )"/>`, /refers to something/],
  ['a fill in quotation marks', `<svg ${SVG} fill="url(&quot;https://evil.example/#a&quot;)"/>`, /refers to/],
  ['a fill without an end', `<svg ${SVG} fill="url(https://evil.example/#a"/>`, /refers to something/],
  ['an escaped fill', `<svg ${SVG} fill="u\\72l(https://evil.example/#a)"/>`, /has a backslash/],
  [
    'a set of images',
    `<svg ${SVG} fill="image-set('https://evil.example' 1x)"/>`,
    /has “image-set\(” in “fill”/,
  ],
  [
    'a source in a mask',
    `<svg ${SVG}><rect mask="src('https://evil.example')"/></svg>`,
    /has “src\(” in “mask”/,
  ],
  ['a control character', `<svg ${SVG}><text>\u0007</text></svg>`, /contains a control character/],
  ['an escaped reference', `<svg ${SVG} fill="u&#114;l(//evil.example/#a)"/>`, /refers to something/],
  ['a document type', `<!DOCTYPE svg [<!ENTITY a "b">]><svg ${SVG}/>`, /contains a document type/],
  ['CDATA', `<svg ${SVG}><text><![CDATA[<script>]]></text></svg>`, /contains a document type or CDATA/],
  ['another root', '<html/>', /contains <html>/],
  ['two roots', `<svg ${SVG}/><svg ${SVG}/>`, /is not/],
  ['another namespace', '<svg xmlns="http://www.w3.org/1999/xhtml"/>', /is not SVG/],
  ['no XML', 'logo', /is not/],
  ['XML without an end', `<svg ${SVG}>`, /not well-formed/],
  ['an inherited name', `<svg ${SVG}><__proto__/></svg>`, /“logo.svg” is not a logo/],
  ['too much', `<svg ${SVG}><path d="${'M0 0'.repeat(6000)}"/></svg>`, /more than 20 kB/],
];

/** Ten elements, each of which refers to the next one ten times: ten billion drawn elements. */
const doubling = (element: string, refer: (id: string) => string) =>
  Array.from(
    { length: 10 },
    (_, at) => `<${element} id="a${at}">${refer(`a${at + 1}`).repeat(10)}</${element}>`,
  );

const filled = (id: string) => `<rect fill="url(#${id})"/>`;
const EXPANSIONS: readonly (readonly [name: string, svg: string, reason: RegExp])[] = [
  ...(
    [
      ['g', (id: string) => `<use href="#${id}"/>`],
      ['symbol', (id: string) => `<use xlink:href="#${id}"/>`],
      ['pattern', filled],
      ['mask', (id: string) => `<rect mask="url( '#${id}' )"/>`],
      ['clipPath', (id: string) => `<rect clip-path="URL(#${id})"/>`],
    ] as const
  ).map(
    ([element, refer]) =>
      [
        `${element} that multiply`,
        `<svg ${SVG}>${doubling(element, refer).join('')}<rect id="a10"/></svg>`,
        /its references draw more than 10000 elements/,
      ] as const,
  ),
  ['a drawing of itself', `<svg ${SVG}><g id="a"><use href="#a"/></g></svg>`, /refers to itself/],
  [
    'two that draw each other',
    `<svg ${SVG}><pattern id="a">${filled('b')}</pattern><pattern id="b">${filled('a')}</pattern></svg>`,
    /refers to itself/,
  ],
  [
    'elements without end',
    `<svg ${SVG}>${'<g>'.repeat(2_000)}${'</g>'.repeat(2_000)}</svg>`,
    /is not|too deep/,
  ],
  ['data in a reference', `<svg ${SVG}><use href="data:image/svg+xml,x"/></svg>`, /refers to something/],
  ['data in a fill', `<svg ${SVG} fill="url(data:image/svg+xml,x)"/>`, /refers to something/],
  ['a filter', `<svg ${SVG}><filter/></svg>`, /contains <filter>/],
  ['an animated attribute', `<svg ${SVG}><animate attributeName="href"/></svg>`, /contains <animate>/],
];

test('accepts repeated references up to a maximum', async (t) => {
  const cwd = await folder(t);
  const uses = '<use href="#a"></use>'.repeat(300);
  const svg = `<svg ${SVG}><g id="a"><rect fill="url(#b)"></rect></g><linearGradient id="b"></linearGradient>${uses}</svg>`;
  assert.equal(await logoOf(cwd, svg), svg);
  // Like browsers, accepts an undefined fill and a repeated id.
  const odd = `<svg ${SVG} fill="url(#none)"><g id="a"></g><g id="a"><use href="#a"></use></g></svg>`;
  assert.equal(await logoOf(cwd, odd), odd);
});

for (const [name, svg, reason] of [...REFUSED, ...EXPANSIONS]) {
  test(`refuses a logo with its reason: ${name}`, async (t) => {
    await assert.rejects(logoOf(await folder(t), svg), (error: unknown) => {
      assert.ok(isUserError(error) && error.code === 'usage', String(error));
      assert.match(error.message, reason);
      return true;
    });
  });
}

test('refuses by name a file that cannot be a logo', async (t) => {
  const cwd = await folder(t);
  await assert.rejects(readLogo({ cwd }, 'none.svg'), /The logo none\.svg does not exist/);
  await mkdir(join(cwd, 'folder'));
  await assert.rejects(readLogo({ cwd }, 'folder'), /The logo folder is a folder/);
  await assert.rejects(logoOf(cwd, Buffer.alloc(300_000, 32)), /larger than 256 KiB/);
  await assert.rejects(logoOf(cwd, Buffer.from([0xff, 0xfe, 0xfd])), isUserError);
});
