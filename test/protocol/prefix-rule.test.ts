import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isShared, overlap, type RuledIssuer } from '../../protocol/prefix-overlap.ts';
import { isPrefixRule, placeholdersOf, prefixesOf } from '../../protocol/prefix-rule.ts';

const UPLOADER = { issuer: 'corp', name: 'ada', sub: 's-1', groups: ['b', 'a/c'] };

test('gives a caller the prefixes of their claims', () => {
  const rows: readonly (readonly [rule: string, claims: Record<string, unknown>, prefixes: string[]])[] = [
    ['', {}, ['']],
    ['in/', {}, ['in/']],
    ['img-', {}, ['img-']],
    ['{issuer}/{name}/{sub}', {}, ['corp/ada/s-1/']],
    ['{issuer}/{username}/x', {}, ['corp/ada/x']],
    ['{group}/', {}, ['b/', 'a%2Fc/']],
    ['{group}/{group}/x', {}, ['b/b/x', 'a%2Fc/a%2Fc/x']],
    ['ci/{repository}/', { repository: 'acme/app' }, ['ci/acme/app/']],
    ['ci/{repository}/', { repository: 'acme' }, ['ci/acme/']],
    // Nobody gets the keys below another caller's prefix.
    ['ci/{repository}/', { repository: 'acme/app/x' }, ['ci/acme%2Fapp%2Fx/']],
    ['ci/{namespace_path}/', { namespace_path: 'acme/team' }, ['ci/acme%2Fteam/']],
    ['ci/{repository}/', { repository: 'acme/app/' }, ['ci/acme%2Fapp%2F/']],
    ['ci/{repository}/', { repository: 'acme//app' }, ['ci/acme%2F%2Fapp/']],
    ['ci/{repository}/', { repository: '/etc' }, ['ci/%2Fetc/']],
    ['ci/{repository}/', { repository: 'acme/a b' }, ['ci/acme%2Fa b/']],
    // No key begins like this.
    ['ci/{repository}/', { repository: 'acme/app\n' }, []],
    ['ci/{repository}/', { repository: '../app' }, []],
    ['ci/{repository}/', { repository: 'acme/.' }, []],
    ['{team}/', { team: '' }, []],
    ['in/{team}/x', { team: '' }, []],
    ['in/{team}/', { team: '..' }, []],
    ['in/{team}/', { team: 'a\u0000b' }, []],
    ['in/{team}/', { team: '\ud800' }, []],
    ['in/{team}/', { team: 'é'.repeat(512) }, []],
    ['{team}/', { team: '.well-known' }, []],
    ['in/{team}/', { team: '..\\..' }, ['in/..\\../']],
    ['in/{team}/', { team: '%2e%2e' }, ['in/%252e%252e/']],
    ['ci/{project_path}/', { project_path: 'a/b/c' }, ['ci/a/b/c/']],
    ['{ref}/', { ref: 'refs/heads/main' }, ['refs%2Fheads%2Fmain/']],
    ['{ref}/', { ref: '50%2F' }, ['50%252F/']],
    ['{id}/', { id: 7 }, ['7/']],
    ['{ok}/', { ok: true }, ['true/']],
    ['{oidc.circleci.com/project-id}/x', { 'oidc.circleci.com/project-id': 'p' }, ['p/x']],
    ['{id}/', {}, []],
    ['{id}/', { id: 1e21 }, []],
    ['{id}/', { id: ['7'] }, []],
    ['{id}/', { id: { 7: 7 } }, []],
    ['{id}/', { id: null }, []],
    ['{constructor}/', {}, []],
    ['{__proto__}/', {}, []],
    // A claim with the name of a placeholder does not change the placeholder's meaning.
    ['{issuer}/{sub}/', { issuer: 'cognito', sub: 'other' }, ['corp/s-1/']],
    ['{group}-{name}/', {}, []],
    ['x{name}/', {}, []],
    ['{name}{sub}/', {}, []],
    ['{name/', {}, []],
    ['{}/', {}, []],
    ['{ name }/', {}, []],
  ];
  for (const [rule, claims, prefixes] of rows) {
    assert.deepEqual(
      prefixesOf(rule, { ...UPLOADER, claims }),
      prefixes,
      `${rule} ${JSON.stringify(claims)}`,
    );
  }
  assert.deepEqual(placeholdersOf('a/{b}/{c}/d'), ['b', 'c']);
  assert.equal(placeholdersOf('a{b}'), undefined);
  assert.deepEqual(['{sub}/{name}/', 'x/', '{repository}/', 'a{sub}'].map(isPrefixRule), [
    true,
    true,
    false,
    false,
  ]);
});

const POOL: RuledIssuer = { alias: 'cognito', kind: 'pool', name: ['username'], rules: [] };
const CORP: RuledIssuer = { alias: 'corp', kind: 'people', name: ['email'], rules: [] };
const CI: RuledIssuer = { alias: 'ci', kind: 'workload', name: ['sub'], rules: [] };

test('finds rules by which two callers may write one key', () => {
  const rows: readonly (readonly [RuledIssuer, string, RuledIssuer, string, boolean])[] = [
    [POOL, '', CORP, 'corp/', true],
    [POOL, 'in/', CORP, 'corp/', false],
    [POOL, 'in/', CORP, 'in/corp/', true],
    [POOL, 'in', CORP, 'inbox/', true],
    [POOL, 'inbox/', CORP, 'in/', false],
    [POOL, 'in-a', CORP, 'in-b', false],
    [POOL, 'in-', CORP, 'in-b', true],
    [POOL, '{username}/', CORP, '{sub}/', true],
    [POOL, '{username}/', CORP, 'corp/{sub}/', true],
    [POOL, 'home/{username}/', CORP, 'corp/{sub}/', false],
    [POOL, 'home/{username}/', CORP, 'home/{sub}/', true],
    [POOL, '{issuer}/{sub}/', CORP, '{issuer}/{sub}/', false],
    [CORP, '{issuer}/x', CI, 'corp/{repository}/', true],
    [CI, '{repository}/', CORP, 'corp/{sub}/', true],
    [CI, 'ci/{repository}/', CORP, 'corp/{sub}/', false],
    [CI, 'ci/{repository}/', CORP, 'ci/corp/', true],
    // Callers of two issuers with the same name: only the part after the name distinguishes them.
    [POOL, '{sub}/a/', CORP, '{sub}/b/', false],
    [POOL, '{username}/a/', CORP, '{sub}/b/', false],
    [POOL, '{sub}/a/', CORP, '{sub}/a/', true],
    [POOL, '{sub}/a/', CORP, '{sub}/a/b/', true],
    [POOL, '{sub}/a', CORP, '{sub}/ab/', true],
    [POOL, '{sub}/ab', CORP, '{sub}/a/', false],
    [POOL, '{sub}/a/', CORP, '{sub}/', true],
    [POOL, '{sub}/a/', CORP, 'b/a/', true],
    [POOL, '{sub}/a/', CORP, 'b/b/', false],
    [POOL, '{sub}/{issuer}/', CORP, '{sub}/{issuer}/', false],
    [CORP, '{sub}/a/', CI, '{repository}/b/', true],
    // Another caller of the same issuer.
    [POOL, '{username}/', POOL, '{username}/', false],
    [POOL, '{username}', POOL, '{username}/', false],
    [POOL, '{group}/{username}/', POOL, '{group}/{username}/', false],
    [POOL, 'in/{sub}/', POOL, 'in/{sub}/', false],
    [POOL, '{sub}/', POOL, '{username}/', true],
    [POOL, '{group}/', POOL, '{group}/', true],
    [POOL, '', POOL, '', true],
    [POOL, 'in/', POOL, 'in/', true],
    [CORP, '{name}/', CORP, '{name}/', true],
    [CORP, '{sub}/', CORP, '{sub}/', false],
    [CI, '{name}/', CI, '{name}/', false],
    [CI, '{repository}/{sub}/', CI, '{repository}/{sub}/', true],
    [CORP, '{sub}/', CORP, 'all/', true],
    [CORP, 'a/{oidc.circleci.com/x}/{sub}/', CORP, 'a/{y}/{sub}/', false],
  ];
  for (const [issuer, writeTo, other, writeToo, expected] of rows) {
    const one = { issuer, rule: { writeTo } };
    const two = { issuer: other, rule: { writeTo: writeToo } };
    const name = `${issuer.alias} ${writeTo} · ${other.alias} ${writeToo}`;
    assert.equal(overlap(one, two), expected, name);
    assert.equal(overlap(two, one), expected, name);
  }
});

test('finds rules of any issuer, its own included, that share keys', () => {
  const own = { writeTo: '{issuer}/{sub}/' };
  const admins = { when: [{ claim: ['groups'], is: ['admins'] }], writeTo: '' };
  const corp = { ...CORP, rules: [admins, own] };
  const pool = { ...POOL, rules: [{ writeTo: 'home/{username}/' }] };
  const one = { issuer: corp, rule: own };
  assert.equal(isShared(one, [pool, corp]), true);
  assert.equal(isShared(one, [pool, { ...corp, rules: [admins] }]), true);
  assert.equal(isShared(one, [pool, { ...corp, rules: [own] }]), false);
  assert.equal(isShared(one, [{ ...POOL, rules: [{}] }]), true);
});
