import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { isUserError } from '../../../cli/errors.ts';
import { listDeployments } from '../../../cli/settings/deployments.ts';
import { createFolder } from '../../../cli/settings/own-files.ts';
import { readDocument } from '../../../cli/settings/records.ts';
import { listLeftovers } from '../../../cli/stack/remains.ts';
import { mutations } from '../../support/mutations.ts';

async function computer(t: TestContext) {
  const home = await mkdtemp(join(tmpdir(), 'edge-upload-documents-'));
  t.after(() => rm(home, { recursive: true, force: true }));
  const place = { env: {}, platform: 'linux', home } as const;
  const write = async (name: string, text: string) => {
    const file = join(home, '.config/edge-upload', name);
    await createFolder(dirname(file));
    await writeFile(file, text);
    return file;
  };
  return { home, place, write };
}

const LOCAL = { endpoint: 'http://127.0.0.1:4599', caFile: '/tmp/ca.pem' };
const DEPLOYMENT = {
  name: 'edge-upload',
  url: 'https://d1.cloudfront.net',
  region: 'us-east-1',
  userPoolId: 'us-east-1_AbCdEf123',
  clientId: '1example',
  bucket: 'bucket',
  local: LOCAL,
};

test('neither reads nor moves a settings file of a newer version', async (t) => {
  const { place, write } = await computer(t);
  const file = await write('deployments.json', '{"version":2,"places":[]}');
  await assert.rejects(listDeployments(place), (error: unknown) => {
    assert.ok(isUserError(error));
    assert.equal(error.message, `${file} cannot be read: a newer version of edge-upload wrote it.`);
    assert.equal(error.hint, 'Update this one:\n  npm install --global edge-upload');
    return error.code === 'settings';
  });
});

test('reports an invalid settings file with the next step', async (t) => {
  const { place, write } = await computer(t);
  const cases = {
    '': 'it is empty',
    '{': 'it is not valid JSON',
    null: 'the document is not an object',
    '{"deployments":[]}': 'version is missing',
    '{"version":"1","deployments":[]}': 'version is not one that this version of edge-upload reads',
    '{"version":1}': 'deployments is missing',
    '{"version":1,"deployments":{}}': 'deployments is not a list',
    '{"version":1,"deployments":[null]}': 'deployments[0] is not an object',
    '{"version":1,"deployments":[{}]}': 'deployments[0].name is missing',
    '{"version":1,"deployments":[],"current":7}': 'current is not text',
    [JSON.stringify({ version: 1, deployments: [{ ...DEPLOYMENT, local: { endpoint: 'no', caFile: '' } }] })]:
      'deployments[0].local.endpoint is not an http address of this computer',
  };
  for (const endpoint of [
    'https://evil.example',
    'http://evil.example:4599',
    'http://me:secret@127.0.0.1:4599',
    'http://127.0.0.1.evil.example',
    'http://127.0.0.1:4599/#',
    'file:///etc',
  ]) {
    const text = JSON.stringify({
      version: 1,
      deployments: [{ ...DEPLOYMENT, local: { ...LOCAL, endpoint } }],
    });
    Object.assign(cases, { [text]: 'deployments[0].local.endpoint is not an http address of this computer' });
  }
  for (const url of [
    'http://evil.example',
    'https://ada:secret@d1.cloudfront.net',
    'https://d1.cloudfront.net/',
    'https://d1.cloudfront.net/path',
    'https://D1.cloudfront.net',
    'https://d1.cloudfront.net/#eul_a.b.c',
    'd1.cloudfront.net',
    'file:///etc',
  ]) {
    const text = JSON.stringify({ version: 1, deployments: [{ ...DEPLOYMENT, url }] });
    Object.assign(cases, { [text]: 'deployments[0].url is not the address of an edge' });
  }
  for (const [text, why] of Object.entries(cases)) {
    const file = await write('deployments.json', text);
    await assert.rejects(listDeployments(place), (error: unknown) => {
      assert.ok(isUserError(error), text);
      assert.equal(error.code, 'settings');
      assert.equal(error.message, `${file} cannot be read: ${why}.`);
      assert.match(error.hint ?? '', /^Move it away, then sign in or deploy again:\n {2}mv \//);
      return true;
    });
  }
});

test('reads a settings file with any content, or refuses it by name', async (t) => {
  const { place, write } = await computer(t);
  const files = [
    {
      name: 'deployments.json',
      sound: { version: 1, current: 'edge-upload', deployments: [DEPLOYMENT] },
      read: listDeployments,
    },
    {
      name: 'leftovers.json',
      sound: [{ stackName: 'edge-upload', functionName: 'function', local: LOCAL }],
      read: listLeftovers,
    },
  ];
  for (const { name, sound, read } of files) {
    await write(name, JSON.stringify(sound));
    assert.equal((await read(place)).length, 1);
    let refused = 0;
    for (const text of mutations(JSON.stringify(sound), 300)) {
      const file = await write(name, text);
      try {
        assert.ok(Array.isArray(await read(place)));
      } catch (error) {
        assert.ok(isUserError(error) && error.code === 'settings', `${text}: ${error}`);
        assert.ok(error.message.startsWith(`${file} cannot be read: `), error.message);
        refused += 1;
      }
    }
    assert.ok(refused > 100, `${name}: ${refused} of 300`);
    assert.equal('polluted' in {}, false);
  }
});

test('does not blame the file for a defect of the parser', async (t) => {
  const { write } = await computer(t);
  const file = await write('deployments.json', '{}');
  const broken = () => {
    throw new TypeError('ours');
  };
  await assert.rejects(readDocument(file, broken, 'run the command again'), TypeError);
});

test('has no settings without a folder for them', async () => {
  const place = { env: { HOME: '' }, platform: 'linux', home: '' } as const;
  assert.deepEqual(await listDeployments(place), []);
  assert.deepEqual(await listLeftovers(place), []);
  // The home folder of many service users.
  const nowhere = { env: { HOME: '/dev/null' }, platform: 'linux', home: '/dev/null' } as const;
  assert.deepEqual(await listDeployments(nowhere), []);
});
