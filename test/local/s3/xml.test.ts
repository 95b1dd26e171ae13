import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { BUCKET, type Running, raw, startS3 } from './support.ts';

const S3 = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"';

async function uploadOf(running: Running): Promise<string> {
  const { text } = await raw(running, { method: 'POST', target: `/${BUCKET}/k?uploads` });
  return `/${BUCKET}/k?uploadId=${/<UploadId>(.*)<\/UploadId>/.exec(text)?.[1]}`;
}

/** Returns a function for each request with an XML body. It sends a document, and returns the error code. */
async function doors(t: TestContext) {
  const running = await startS3(t);
  const complete = await uploadOf(running);
  const send = async (method: string, target: string, body: string | Buffer) => {
    const md5 = createHash('md5').update(body).digest('base64');
    const { code, status } = await raw(running, { method, target, body, headers: { 'content-md5': md5 } });
    return code === '' ? String(status) : code;
  };
  return {
    running,
    complete: (body: string | Buffer) => send('POST', complete, body),
    remove: (body: string | Buffer) => send('POST', `/${BUCKET}?delete`, body),
    versioning: (body: string | Buffer) => send('PUT', `/${BUCKET}?versioning`, body),
    create: (body: string | Buffer) => send('PUT', '/another-bucket', body),
  };
}

const PART = '<Part><PartNumber>1</PartNumber><ETag>"0"</ETag></Part>';
const OBJECT = '<Object><Key>k</Key></Object>';

test('reads namespaces, declarations, comments, CDATA and references', async (t) => {
  const { remove, complete, running } = await doors(t);
  const taken = [
    `<Delete>${OBJECT}</Delete>`,
    `<Delete ${S3}>${OBJECT}</Delete>`,
    `<?xml version="1.0" encoding="UTF-8"?>\n<Delete xmlns='http://s3.amazonaws.com/doc/2006-03-01/'>\n  ${OBJECT}\n</Delete>\n`,
    `\ufeff<?xml version='1.0' standalone="yes"?><!-- a --><Delete ><!-- b -->${OBJECT}</Delete ><!-- c -->`,
    '<Delete><Quiet> true </Quiet><Object><Key><![CDATA[a<b&c]]></Key></Object></Delete>',
    '<Delete><Object><Key>&#x1;&#65;&amp;&lt;&gt;&quot;&apos;</Key></Object></Delete>',
    '<Delete><Object><VersionId>null</VersionId><Key>k</Key></Object></Delete>',
  ];
  for (const body of taken) assert.equal(await remove(body), '200', body);
  assert.equal(
    await complete(`<CompleteMultipartUpload ${S3}>${PART}</CompleteMultipartUpload>`),
    'InvalidPart',
  );
  assert.deepEqual(running.defects, []);
});

test('refuses documents against S3’s schema as MalformedXML', async (t) => {
  const { remove, complete, versioning, create, running } = await doors(t);
  const many = (element: string, count: number) => element.repeat(count);
  const removals = [
    `<Delete xmlns="http://example.com/">${OBJECT}</Delete>`,
    `<delete>${OBJECT}</delete>`,
    `<s3:Delete xmlns:s3="http://s3.amazonaws.com/doc/2006-03-01/">${OBJECT}</s3:Delete>`,
    `<Delete ${S3} id="1">${OBJECT}</Delete>`,
    `<Delete ${S3} ${S3}>${OBJECT}</Delete>`,
    `<Delete>${OBJECT}<Colour>red</Colour></Delete>`,
    `<Delete>text${OBJECT}</Delete>`,
    `<Delete><Quiet>true</Quiet><Quiet>false</Quiet>${OBJECT}</Delete>`,
    `<Delete><Quiet>perhaps</Quiet>${OBJECT}</Delete>`,
    '<Delete><Object><Key>k</Key><Key>l</Key></Object></Delete>',
    '<Delete><Object><Key><Key>k</Key></Key></Object></Delete>',
    '<Delete><Object><Key a="b">k</Key></Object></Delete>',
    '<Delete><Object><__proto__>k</__proto__><Key>k</Key></Object></Delete>',
    '<Delete><Object><constructor>k</constructor><Key>k</Key></Object></Delete>',
    '<Delete><Object></Object></Delete>',
    '<Delete><Object/></Delete>',
    '<Delete/>',
    `<Delete>${many(OBJECT, 1_001)}</Delete>`,
    `<!DOCTYPE Delete><Delete>${OBJECT}</Delete>`,
    '<!DOCTYPE a [<!ENTITY b "c">]><Delete><Object><Key>&b;</Key></Object></Delete>',
    '<Delete><Object><Key>&b;</Key></Object></Delete>',
    '<Delete><Object><Key>&constructor;</Key></Object></Delete>',
    '<Delete><Object><Key>&#0;</Key></Object></Delete>',
    '<Delete><Object><Key>&#xd800;</Key></Object></Delete>',
    '<Delete><Object><Key>&#x110000;</Key></Object></Delete>',
    '<Delete><Object><Key>a & b</Key></Object></Delete>',
    '<Delete><Object><Key>a\u0001b</Key></Object></Delete>',
    '<Delete><Object><Key>]]></Key></Object></Delete>',
    `<?php x ?><Delete>${OBJECT}</Delete>`,
    `<?xml version="1.0" encoding="ISO-8859-1"?><Delete>${OBJECT}</Delete>`,
    ` <?xml version="1.0"?><Delete>${OBJECT}</Delete>`,
    `<Delete>${OBJECT}</Delete><Delete/>`,
    `<Delete>${OBJECT}</Delete>more`,
    `<Delete>${OBJECT}<!-- a -- b --></Delete>`,
    `<Delete>${OBJECT}</Other>`,
    `<Delete>${OBJECT}`,
    `${many('<Delete>', 100_000)}`,
    `<Delete>${many('<Object>', 50)}${many('</Object>', 50)}</Delete>`,
    `<Delete>${OBJECT}${' '.repeat(500_000)}<`,
    '',
    '\u0000',
  ];
  for (const body of removals) assert.equal(await remove(body), 'MalformedXML', body.slice(0, 200));
  const notUtf8 = Buffer.concat([
    Buffer.from('<Delete><Object><Key>'),
    Buffer.from([0xff]),
    Buffer.from('</Key></Object></Delete>'),
  ]);
  assert.equal(await remove(notUtf8), 'MalformedXML');

  const wrap = (inner: string) => `<CompleteMultipartUpload>${inner}</CompleteMultipartUpload>`;
  for (const inner of [
    PART.replace('</ETag>', '</ETag><ETag>"1"</ETag>'),
    PART.replace('</ETag>', '</ETag><ChecksumROT13>x</ChecksumROT13>'),
    PART.replace('<PartNumber>1', '<PartNumber><b>1</b>'),
    PART.replace('>1<', '>one<'),
    `<Parts>${PART}</Parts>`,
    many(PART, 10_001),
    '',
  ]) {
    assert.equal(await complete(wrap(inner)), 'MalformedXML', inner.slice(0, 200));
  }
  const status = '<Status>Enabled</Status>';
  for (const inner of [`${status}${status}`, '<status>Enabled</status>', '<Status>enabled</Status>', '']) {
    assert.equal(
      await versioning(`<VersioningConfiguration>${inner}</VersioningConfiguration>`),
      'MalformedXML',
    );
  }
  assert.equal(await create('<CreateBucketConfiguration><A/></CreateBucketConfiguration>'), 'MalformedXML');
  assert.deepEqual(running.defects, []);
});

test('refuses unsupported elements by name', async (t) => {
  const { remove, complete, create } = await doors(t);
  assert.equal(
    await remove('<Delete><Object><Key>k</Key><ETag>x</ETag></Object></Delete>'),
    'NotImplemented',
  );
  const part = PART.replace('</ETag>', '</ETag><ChecksumSHA512>x</ChecksumSHA512>');
  assert.equal(
    await complete(`<CompleteMultipartUpload>${part}</CompleteMultipartUpload>`),
    'NotImplemented',
  );
  const bucket = '<Bucket><Type>Directory</Type></Bucket>';
  assert.equal(
    await create(`<CreateBucketConfiguration>${bucket}</CreateBucketConfiguration>`),
    'NotImplemented',
  );
});

test('escapes keys and errors in the response', async (t) => {
  const { running } = await doors(t);
  const key = '<a>&"\u0001\u0085';
  const target = `/${BUCKET}/${encodeURIComponent(key)}`;
  await raw(running, { method: 'PUT', target, body: 'x' });
  const { text } = await raw(running, { target: `/${BUCKET}?list-type=2` });
  assert.match(text, /<Key>&lt;a&gt;&amp;&quot;&#x1;&#x85;<\/Key>/);
  const missing = await raw(running, { target: `${target}%3C%2FMessage%3E` });
  assert.match(missing.text, /<Key>&lt;a&gt;&amp;&quot;&#x1;&#x85;&lt;\/Message&gt;<\/Key>/);
});
