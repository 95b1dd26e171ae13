import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  describeCondition,
  formatClaimName,
  parseClaimName,
  parseConditions,
} from '../../../cli/trust/conditions.ts';
import { withCode } from '../transfer/helpers/uploading.ts';

describe('names of claims', () => {
  const NAMES: readonly (readonly [written: string, claim: readonly string[]])[] = [
    ['groups', ['groups']],
    ['https://example.com/roles', ['https://example.com/roles']],
    ['oidc.circleci.com/project-id', ['oidc.circleci.com/project-id']],
    ['cognito:groups', ['cognito:groups']],
    ['realm_access.roles', ['realm_access.roles']],
    ['/realm_access/roles', ['realm_access', 'roles']],
    ['/https:~1~1sts.amazonaws.com~1/aws_account', ['https://sts.amazonaws.com/', 'aws_account']],
    ['/~0tilde/x', ['~tilde', 'x']],
    ['/~1slash', ['/slash']],
  ];
  for (const [written, claim] of NAMES) {
    it(`reads and writes ${written}`, () => {
      assert.deepEqual(parseClaimName(written), claim);
      assert.equal(formatClaimName(claim), written);
    });
  }

  for (const written of ['', ' groups', '/', '//roles', '/realm_access/', '/a~2b', '/a~']) {
    it(`refuses “${written}”`, () => {
      assert.equal(parseClaimName(written), undefined);
    });
  }
});

describe('conditions of a rule', () => {
  it('takes values of one claim as alternatives, different claims as more conditions', () => {
    assert.deepEqual(parseConditions(['roles=a', 'hd=example.com', 'roles=b', 'roles=a']), [
      { claim: ['roles'], is: ['a', 'b'] },
      { claim: ['hd'], is: ['example.com'] },
    ]);
  });

  it('splits at the first equals sign', () => {
    assert.deepEqual(parseConditions(['sub=a=b']), [{ claim: ['sub'], is: ['a=b'] }]);
  });

  it('takes * at the end of refs and tags', () => {
    const [condition] = parseConditions(['ref=refs/tags/v*', 'ref=refs/heads/main']);
    assert.ok(condition);
    assert.equal(describeCondition(condition), 'ref is “refs/heads/main” or begins with “refs/tags/v”');
  });

  for (const typed of ['roles', '=a', 'roles=', '//x=a', 'roles=adm*', 'ref=*/main', 'ref=refs/*/v*']) {
    it(`refuses --when ${typed}`, () => {
      assert.throws(() => parseConditions([typed]), withCode('usage', /--when/));
    });
  }
});
