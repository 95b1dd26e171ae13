import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { Agent, request } from 'undici';
import { type DeployedStack, withCloud } from '../harness.ts';

const LOGO = '<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0h9v9z"></path></svg>';

test('serves, changes and removes the page and each part of its look', async (t) => {
  await withCloud(async (computer, cloud) => {
    const dispatcher = new Agent({ connect: { ca: await readFile(cloud.caFile, 'utf8') } });
    t.after(() => dispatcher.close());
    await writeFile(join(computer.home, 'logo.svg'), LOGO);
    let url = '';
    const deploy = async (...flags: string[]) => {
      const deployed = await computer.json<DeployedStack>(['deploy', '--local', '--yes', ...flags]);
      ({ url } = deployed);
      return deployed.outcome;
    };
    const get = async (path: string) => {
      const { statusCode, headers, body } = await request(`${url}${path}`, {
        dispatcher,
        headers: { 'accept-encoding': 'identity' },
      });
      return { status: statusCode, type: headers['content-type'], text: await body.text() };
    };
    const look = async () => {
      const { page } = JSON.parse((await get('/.well-known/edge-upload')).text) as { page?: object };
      return page;
    };
    const logo = () => get('/.well-known/edge-upload/page/logo.svg');

    const all = [
      '--page-title',
      'Müller',
      '--page-note',
      'Photos',
      '--page-color',
      '#0A5C9E',
      '--page-logo',
      'logo.svg',
    ];
    await deploy('--page', ...all);
    assert.deepEqual(await look(), { title: 'Müller', note: 'Photos', color: '#0a5c9e', logo: true });
    assert.match((await get('/')).text, /<main id="page">/);
    assert.deepEqual(await logo(), { status: 200, type: 'image/svg+xml', text: LOGO });
    // The same colour in another spelling.
    assert.equal(await deploy('--page-color', '#0a5c9e'), 'unchanged');

    await deploy('--page-title', 'Schmidt', '--unset', 'page-note');
    assert.deepEqual(await look(), { title: 'Schmidt', color: '#0a5c9e', logo: true });
    await deploy('--unset', 'page-logo', '--unset', 'page-color');
    assert.deepEqual(await look(), { title: 'Schmidt' });
    assert.equal((await logo()).status, 404);

    await deploy('--no-page');
    assert.equal(await look(), undefined);
    assert.equal((await get('/')).status, 404);
    assert.equal((await logo()).status, 404);
    // The settings of the page were removed with it.
    await deploy('--page');
    assert.deepEqual(await look(), {});

    const destroyed = await computer.json<{ kept: unknown[] }>(['destroy', '--yes']);
    assert.deepEqual(destroyed.kept, []);
  });
});
