import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeIssuer } from '../../../cli/stack/options/trusted-issuers.ts';
import { issuerHeading, ruleSentence } from '../../../cli/trust/describe-issuer.ts';
import { issuer } from './provider.ts';

test('names the provider in the heading of an issuer, if known', () => {
  const { preset: _preset, ...custom } = issuer('corp', []);
  assert.deepEqual(issuerHeading(issuer('corp', [])), { style: 'bold', text: 'corp (OpenID Connect)' });
  assert.deepEqual(issuerHeading({ ...custom, preset: 'later' }), { style: 'bold', text: 'corp' });
  assert.deepEqual(issuerHeading(custom), { style: 'bold', text: 'corp' });
});

test('writes claims in a plan like the command line', () => {
  const when = [
    { claim: ['realm_access', 'roles'], is: ['a', 'b'] },
    { claim: ['oidc.circleci.com/org-id'], is: ['7'] },
  ];
  assert.equal(
    describeIssuer(issuer('corp', [{ when, writeTo: 'x/' }])),
    'https://corp.example, writes x/ when /realm_access/roles=a|b and oidc.circleci.com/org-id=7',
  );
});

test('warns first of a rule for every repository of an owner', () => {
  const corp = issuer('corp', []);
  const when = [{ claim: ['repository_owner_id'], is: ['5'] }];
  assert.match(
    ruleSentence(corp, { when, anyRepository: true, note: 'acme' }),
    /^Every repository of acme: /,
  );
  assert.match(ruleSentence(corp, { when, anyProject: true }), /^Every project of the owner: /);
  assert.match(ruleSentence(corp, { when, note: 'acme/app' }), /^acme\/app: /);
});
