import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { runInNewContext } from 'node:vm';
import { build } from 'esbuild';
import type { EdgeIssuer } from '../../edge/config.ts';
import { EDGE_CODE_LIMIT_BYTES, edgeCode } from '../../infra/edge-code.ts';
import { synthesize } from '../../infra/upload-stack.ts';
import { withoutServices } from '../../scripts/cdk.ts';
import {
  ALL_OPTIONS,
  bakedConfig,
  EACH_OPTION,
  EDGE,
  IDENTITY,
  ISSUER,
  keysFor,
  only,
  PROVIDERS,
  wholeTemplate,
} from './support.ts';

const props = { stackName: 'edge-upload', edge: EDGE, options: {} };

test('returns a template small enough for an inline request', () => {
  const { template, bytes } = synthesize(props);
  assert.equal(bytes, Buffer.byteLength(template));
  // CloudFormation's limit is 51,200 bytes. Options and keys of issuers need the rest.
  assert.ok(bytes < 40_500, `${bytes} bytes`);
  assert.equal(template, JSON.stringify(JSON.parse(template)), 'no white space');
});

test('returns the templates of the whole CDK from the shipped bundle', async () => {
  // The built file has no types.
  const file: string = join(import.meta.dirname, '../../dist/cdk.cjs');
  const shipped = ((await import(file)) as { synthesize: typeof synthesize }).synthesize;
  const { stackName } = props;
  for (const options of [{}, ALL_OPTIONS, ...EACH_OPTION]) {
    const edge = keysFor(options);
    assert.deepEqual(shipped({ stackName, edge, options }), synthesize({ stackName, edge, options }));
  }
  for (const options of [{}, ALL_OPTIONS, ...PROVIDERS]) {
    assert.deepEqual(shipped({ stackName, options }), synthesize({ stackName, options }));
  }
});

test('names the module of a service that the bundle leaves out', async () => {
  const { outputFiles } = await build({
    stdin: { contents: "require('aws-cdk-lib/aws-sqs');", resolveDir: import.meta.dirname },
    bundle: true,
    platform: 'node',
    write: false,
    plugins: [withoutServices],
  });
  assert.throws(
    () => runInNewContext(outputFiles[0]?.text ?? ''),
    /aws-cdk-lib\/aws-sqs\/index\.js is not in the bundle/,
  );
});

test('needs no bootstrapped account, no assets and no parameters', () => {
  const template = wholeTemplate();
  assert.deepEqual(Object.keys(template).sort(), ['Description', 'Outputs', 'Resources']);
  const { template: text } = synthesize({ stackName: 'edge-upload', options: {} });
  for (const written of [text, JSON.stringify({ ...template, Resources: withoutCode(template) })]) {
    assert.doesNotMatch(
      written,
      /cdk-hnb659fds|BootstrapVersion|AssetParameters|CDKMetadata|aws:cdk:path|Custom::/,
    );
  }
});

function withoutCode({ Resources }: ReturnType<typeof wholeTemplate>) {
  return Object.entries(Resources).map(([id, { Type, Properties }]) => [
    id,
    Type,
    { ...Properties, Code: null },
  ]);
}

test('returns the same template for the same options, and leaves no file', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'edge-upload-test-'));
  const { TMPDIR } = process.env;
  t.after(() => {
    if (TMPDIR === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = TMPDIR;
    rmSync(folder, { recursive: true });
  });
  process.env.TMPDIR = folder;
  assert.equal(synthesize(props).template, synthesize(props).template);
  assert.deepEqual(readdirSync(folder), []);
});

test('names resources after the stack', () => {
  const named = (stackName: string) => {
    const template = JSON.parse(synthesize({ ...props, stackName }).template);
    const { OriginAccessControlConfig } = only(template, 'AWS::CloudFront::OriginAccessControl').Properties;
    return (OriginAccessControlConfig as { Name: string }).Name;
  };
  assert.notEqual(named('one'), named('two'));
  assert.ok(named('n'.repeat(128)).length <= 64);
});

test('builds the function’s code of configuration and bundle, without private values', () => {
  const { Code } = only(wholeTemplate(EDGE, { maxSize: 7 }), 'AWS::Lambda::Function').Properties;
  const { ZipFile: code } = Code as { ZipFile: string };
  const config = bakedConfig(wholeTemplate(EDGE, { maxSize: 7 }));
  const keys = IDENTITY.jwks.keys.map((key) => ({ ...Object(key), d: 'secret', x5c: ['secret'] }));
  assert.equal(edgeCode({ ...config, ...{ password: 'secret' }, jwks: { keys } }), code);
  const issuer = { ...ISSUER, keys: IDENTITY.jwks.keys as EdgeIssuer['keys'] };
  const secretive = { ...issuer, secret: 'secret', keys: keys as EdgeIssuer['keys'] };
  assert.equal(edgeCode({ ...config, issuers: [secretive] }), edgeCode({ ...config, issuers: [issuer] }));
});

test('refuses code that is too large', () => {
  const origins = ['o'.repeat(EDGE_CODE_LIMIT_BYTES)];
  assert.throws(() => edgeCode({ policy: {}, origins }), /the limit is/);
});
