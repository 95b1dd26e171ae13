import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PRESET_NAMES, PRESETS, type Preset, redirectAddresses } from '../../../cli/trust/presets.ts';
import { REDIRECT_PATH } from '../../../protocol/sign-in.ts';

const all = PRESET_NAMES.map((name): [string, Preset] => [name, PRESETS[name]]);

describe('presets of providers', () => {
  for (const [name, preset] of all) {
    it(`${name}: is complete`, () => {
      assert.match(preset.source, /^https:\/\//);
      assert.ok(preset.name.length > 0);
      assert.ok(preset.notes.length > 0);
      assert.ok(preset.maxAge >= 3600);
      // People sign in with a browser; workloads get their token from the platform that runs them.
      assert.equal(preset.redirect !== undefined, preset.kind === 'people');
      assert.equal(preset.scopes !== undefined, preset.kind === 'people');
    });
  }

  it('signs people in with access tokens, or ID tokens at Google', () => {
    const ids = all.filter(([, { kind, token }]) => kind === 'people' && token === 'id');
    assert.deepEqual(
      ids.map(([name]) => name),
      ['google'],
    );
  });

  it('uses only claims that the people’s own organisation can set', () => {
    assert.deepEqual(PRESETS.entra.name, ['oid']);
  });

  it('lists the redirect addresses to register', () => {
    assert.deepEqual(redirectAddresses(PRESETS.entra), [`http://localhost${REDIRECT_PATH}`]);
    assert.deepEqual(redirectAddresses(PRESETS.keycloak), [`http://127.0.0.1${REDIRECT_PATH}`]);
    assert.equal(redirectAddresses(PRESETS.okta).length, 3);
    assert.deepEqual(redirectAddresses(PRESETS.github), []);
    for (const address of redirectAddresses(PRESETS.auth0)) {
      // Below the ephemeral ports of Linux, macOS and Windows, which outgoing connections use.
      assert.match(address, /^http:\/\/127\.0\.0\.1:2\d{4}\/callback$/);
    }
  });
});
