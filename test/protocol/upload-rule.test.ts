import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Claims } from '../../protocol/claims.ts';
import { allowsWildcard, type Condition, holds, ruleFor } from '../../protocol/upload-rule.ts';

const on = (claim: string | readonly string[], ...is: readonly string[]): Condition => ({
  claim: typeof claim === 'string' ? [claim] : claim,
  is,
});

test('holds if the claim equals one of the values exactly', () => {
  const rows: readonly (readonly [Condition, Claims, boolean])[] = [
    [on('hd', 'acme.com'), { hd: 'acme.com' }, true],
    [on('hd', 'acme.com', 'acme.org'), { hd: 'acme.org' }, true],
    [on('hd', 'acme.com'), { hd: 'Acme.com' }, false],
    [on('hd', 'acme.com'), { hd: 'evil-acme.com' }, false],
    [on('hd', 'acme.com'), {}, false],
    [on('hd'), { hd: 'acme.com' }, false],
    [on('ref_protected', 'true'), { ref_protected: 'true' }, true],
    [on('ref_protected', 'true'), { ref_protected: true }, true],
    [on('repository_id', '74'), { repository_id: 74 }, true],
    [on('repository_id', '74'), { repository_id: '074' }, false],
    [on('repository_id', '74'), { repository_id: 74.5 }, false],
    [on('repository_id', '9007199254740993'), { repository_id: 9007199254740992 }, false],
    [on('repository_id', '9007199254740992'), { repository_id: 9007199254740992 }, false],
    [on('groups', 'staff'), { groups: ['crew', 'staff'] }, true],
    [on('groups', 'staff'), { groups: ['staffing'] }, false],
    [on('groups', 'staff'), { groups: [['staff']] }, false],
    [on('groups', 'staff'), { groups: [{ staff: 'staff' }] }, false],
    [on('groups', 'crew,staff'), { groups: ['crew', 'staff'] }, false],
    [on('groups', ''), { groups: [] }, false],
    [on('groups', 'undefined', 'null'), { groups: null }, false],
    [on(['realm_access', 'roles'], 'uploader'), { realm_access: { roles: ['uploader'] } }, true],
    [on(['realm_access', 'roles'], 'uploader'), { 'realm_access.roles': ['uploader'] }, false],
    [on(['realm_access', '0'], 'uploader'), { realm_access: ['uploader'] }, true],
    [on('https://acme.com/roles', 'up'), { 'https://acme.com/roles': ['up'] }, true],
    [on('email', 'a@x'), { email: 'a@x' }, true],
    [on('email', 'a@x'), { email: 'a@x', email_verified: true }, true],
    [on('email', 'a@x'), { email: 'a@x', email_verified: 'true' }, true],
    [on('email', 'a@x'), { email: 'a@x', email_verified: false }, false],
    [on('email', 'a@x'), { email: 'a@x', email_verified: 'false' }, false],
    [on(['me', 'email'], 'a@x'), { me: { email: 'a@x' }, email_verified: false }, true],
    [on('hd', 'x'), { hd: 'x', email_verified: false }, true],
    [on(['a', 'length'], '3'), { a: 'abc' }, false],
    [on([], 'x'), { x: 'x' }, false],
    [on('constructor', 'x'), {}, false],
    [on(['__proto__', 'x'], 'x'), {}, false],
    [on(['__proto__', 'x'], 'x'), JSON.parse('{"__proto__":{"x":"x"}}'), true],
    [on('toString', '[object Object]'), {}, false],
    [on('name', 'Zoe\u0308'), { name: 'Zoë' }, false],
  ];
  for (const [condition, claims, expected] of rows) {
    assert.equal(holds(condition, claims), expected, JSON.stringify([condition, claims]));
  }
});

test('allows a trailing star only in claims of refs and tags', () => {
  const rows: readonly (readonly [string, value: string, claim: string, boolean])[] = [
    ['ref', 'refs/tags/v*', 'refs/tags/v1.2', true],
    ['ref', 'refs/tags/v*', 'refs/tags/v', true],
    ['ref', 'refs/tags/v*', 'refs/tags/w', false],
    ['ref', 'refs/*/v1', 'refs/tags/v1', false],
    ['ref', 'refs/heads/main', 'refs/heads/main2', false],
    ['ref_path', 'refs/tags/*', 'refs/tags/x', true],
    ['build_tag', 'v*', 'v1', true],
    ['repository', 'acme/*', 'acme/app', false],
    ['repository', 'acme/*', 'acme/*', true],
    ['job_workflow_ref', 'acme/*', 'acme/app/.github/workflows/a.yml@refs/heads/main', false],
  ];
  for (const [claim, value, given, expected] of rows) {
    assert.equal(holds(on(claim, value), { [claim]: given }), expected, `${claim} ${value} ${given}`);
  }
  assert.equal(holds(on('ref', 'v*'), { ref: [7, 'v1'] }), true);
  assert.equal(allowsWildcard(['ref']), true);
  assert.equal(allowsWildcard(['ref', 'ref']), false);
  assert.equal(allowsWildcard(['sub']), false);
});

test('applies the first rule whose conditions all hold', () => {
  const rules = [
    { when: [on('repository_id', '1'), on('ref', 'refs/heads/main')], writeTo: 'main/' },
    { when: [on('repository_id', '1')], writeTo: 'other/' },
    { when: [], writeTo: 'all/' },
  ];
  const granted = (claims: Claims) => ruleFor(rules, claims)?.writeTo;
  assert.equal(granted({ repository_id: '1', ref: 'refs/heads/main' }), 'main/');
  assert.equal(granted({ repository_id: '1', ref: 'refs/heads/x' }), 'other/');
  assert.equal(granted({ ref: 'refs/heads/main' }), 'all/');
  assert.equal(ruleFor(rules.slice(0, 2), {}), undefined);
  assert.equal(ruleFor([], {}), undefined);
});
