import assert from 'node:assert/strict';
import { test } from 'node:test';
import { poolElsewhere } from '../../../cli/identity/pool-elsewhere.ts';

const AWS = 'https://cognito-idp.us-east-1.amazonaws.com';
const CLOUD = 'http://127.0.0.1:4599';
const EDGE = 'https://127.0.0.1:40001';
const unknownHost = Object.assign(new Error('not found'), { code: 'ENOTFOUND', syscall: 'getaddrinfo' });
const unknownPool = Object.assign(new Error('no such client'), {
  name: 'ResourceNotFoundException',
  $fault: 'client',
  $metadata: {},
});

test('names the endpoint to set if a local edge has no pool at AWS', () => {
  for (const cause of [unknownHost, unknownPool]) {
    const error = poolElsewhere(cause, EDGE, AWS);
    assert.match(error?.message ?? '', /user pool of https:\/\/127\.0\.0\.1:40001 was not found/);
    assert.match(error?.hint ?? '', /export AWS_ENDPOINT_URL=/);
  }
});

test('reports other failures, edges and endpoints with their own errors', () => {
  const refused = Object.assign(new Error('no'), { name: 'NotAuthorizedException', $fault: 'client' });
  assert.equal(poolElsewhere(refused, EDGE, AWS), undefined);
  assert.equal(poolElsewhere(unknownPool, 'https://d1.cloudfront.net', AWS), undefined);
  assert.equal(poolElsewhere(unknownHost, EDGE, CLOUD), undefined);
});
