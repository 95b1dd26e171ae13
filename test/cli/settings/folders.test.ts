import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { findFolder, requireFolder } from '../../../cli/settings/folders.ts';

function at(platform: NodeJS.Platform, env: Record<string, string> = {}) {
  const place = { platform, env, home: '/home/ada' };
  const [config, state, data] = (['config', 'state', 'data'] as const).map((kind) =>
    requireFolder(place, kind),
  );
  return { config, state, data };
}

test('follows the XDG base directories and their defaults on Linux', () => {
  assert.deepEqual(at('linux'), {
    config: join('/home/ada/.config/edge-upload'),
    state: join('/home/ada/.local/state/edge-upload'),
    data: join('/home/ada/.local/share/edge-upload'),
  });
  assert.equal(at('linux', { XDG_STATE_HOME: '/var/state' }).state, join('/var/state/edge-upload'));
});

test('ignores a relative XDG path, as the specification demands', () => {
  assert.equal(at('linux', { XDG_CONFIG_HOME: 'somewhere' }).config, join('/home/ada/.config/edge-upload'));
});

test('uses Application Support on macOS, unless XDG variables are set', () => {
  assert.equal(at('darwin').config, join('/home/ada/Library/Application Support/edge-upload'));
  assert.equal(at('darwin', { XDG_DATA_HOME: '/d' }).data, join('/d/edge-upload'));
});

test('uses AppData on Windows, unless XDG variables are set, as the demo does to stay apart', () => {
  const env = { APPDATA: '/roaming', LOCALAPPDATA: '/local' };
  assert.deepEqual(at('win32', env), {
    config: join('/roaming/edge-upload'),
    state: join('/local/edge-upload/state'),
    data: join('/local/edge-upload/data'),
  });
  assert.equal(at('win32').state, join('/home/ada/AppData/Local/edge-upload/state'));
  const apart = { ...env, XDG_CONFIG_HOME: '/c', XDG_STATE_HOME: '/s', XDG_DATA_HOME: '/d' };
  assert.deepEqual(at('win32', apart), {
    config: join('/c/edge-upload'),
    state: join('/s/edge-upload'),
    data: join('/d/edge-upload'),
  });
});

test('refuses an empty or relative home folder with the name of its variable', () => {
  const reasons: readonly (readonly [Record<string, string>, string, RegExp])[] = [
    [{ HOME: '' }, '', /: HOME is empty\.$/],
    [{ HOME: 'home/ada' }, 'home/ada', /: HOME is “home\/ada”, which is not the path of a home folder\.$/],
    [{}, '', /: HOME is not set, and this user has no home folder\.$/],
    [{ HOME: '', XDG_STATE_HOME: '' }, '', /: HOME is empty\.$/],
    [{ HOME: '', XDG_STATE_HOME: './state' }, '', /: HOME is empty\.$/],
  ];
  for (const [env, home, message] of reasons) {
    for (const kind of ['config', 'state', 'data'] as const) {
      const place = { platform: 'linux', env, home } as const;
      assert.equal(findFolder(place, kind), undefined);
      assert.throws(() => requireFolder(place, kind), { code: 'settings', message });
    }
  }
  const windows = { platform: 'win32', env: { USERPROFILE: '' }, home: '' } as const;
  assert.throws(() => requireFolder(windows, 'state'), {
    message: /: USERPROFILE is empty\.$/,
    hint: /LOCALAPPDATA/,
  });
});

test('needs a home folder only if it is used', () => {
  const place = { platform: 'linux', env: { HOME: '', XDG_CONFIG_HOME: '/c' }, home: '' } as const;
  assert.equal(requireFolder(place, 'config'), join('/c/edge-upload'));
  assert.throws(() => requireFolder(place, 'state'), {
    code: 'settings',
    message: 'edge-upload has no folder for its files: HOME is empty.',
    hint: /XDG_STATE_HOME/,
  });
});
