import assert from 'node:assert/strict';
import { test } from 'node:test';
import { numberOf, parseXml, textOf } from '../../../page/transfer/xml.ts';

const HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n';

test('reads a document of S3 with its elements, texts and entities', () => {
  const document = parseXml(
    `${HEAD}<R xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Key>a &amp; &lt;b&gt; &#xe9;&#233;</Key><N>12</N><Empty/><P><N>1</N></P><P/></R>\n`,
  );
  assert.ok(document);
  assert.equal(document.name, 'R');
  assert.equal(textOf(document, 'Key'), 'a & <b> éé');
  assert.equal(textOf(document, 'Empty'), '');
  assert.equal(numberOf(document, 'N', 12), 12);
  assert.equal(numberOf(document, 'N', 11), undefined);
  assert.equal(textOf(document, 'P'), undefined, 'repeated');
  assert.equal(textOf(document, 'Missing'), undefined);
  assert.equal(document.children.filter(({ name }) => name === 'P').length, 2);
});

test('refuses anything but one well-formed element with text and elements', () => {
  for (const text of [
    '',
    'text',
    '<a>',
    '</a>',
    '<a></b>',
    '<a/><b/>',
    'x<a/>',
    '<a/>x',
    '<!DOCTYPE a><a/>',
    '<!DOCTYPE a [<!ENTITY e "x">]><a>&e;</a>',
    '<a>&e;</a>',
    '<a>&lt</a>',
    '<a><!-- --></a>',
    '<a><![CDATA[x]]></a>',
    '<a b=c/>',
    '<a b="<"/>',
    '<a><?php ?></a>',
    '<html><body><p>Sign in<br></body></html>',
    '<a>'.repeat(9) + '</a>'.repeat(9),
    // Each would take hours in quadratic time.
    `<a>${'&'.repeat(2_000_000)}</a>`,
    `<a${' '.repeat(2_000_000)}`,
    `<a b="${'x='.repeat(1_000_000)}`,
    `<?xml${'?'.repeat(2_000_000)}`,
  ]) {
    assert.equal(parseXml(text), undefined, text.slice(0, 100));
  }
});
