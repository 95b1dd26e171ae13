import assert from 'node:assert/strict';
import { test } from 'node:test';
import { folders } from '../../../cli/settings/folders.ts';

const at = (platform: NodeJS.Platform, env: Record<string, string> = {}) =>
  folders({ platform, env, home: '/home/ada' });

test('Linux follows the XDG base directories and their defaults', () => {
  assert.deepEqual(at('linux'), {
    config: '/home/ada/.config/edge-upload',
    state: '/home/ada/.local/state/edge-upload',
    data: '/home/ada/.local/share/edge-upload',
  });
  assert.equal(at('linux', { XDG_STATE_HOME: '/var/state' }).state, '/var/state/edge-upload');
});

test('a relative XDG path is ignored, as the specification asks', () => {
  assert.equal(at('linux', { XDG_CONFIG_HOME: 'somewhere' }).config, '/home/ada/.config/edge-upload');
});

test('macOS keeps all in Application Support, unless XDG says otherwise', () => {
  assert.equal(at('darwin').config, '/home/ada/Library/Application Support/edge-upload');
  assert.equal(at('darwin', { XDG_DATA_HOME: '/d' }).data, '/d/edge-upload');
});
