import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { App, Validations } from 'aws-cdk-lib/core';
import { AwsSolutionsChecks } from 'cdk-nag';
import type { StackOptions } from '../../infra/options.ts';
import { UploadStack } from '../../infra/upload-stack.ts';
import { missing } from '../support/programs.ts';
import { workerArgs } from '../support/run/worker.ts';
import { WITHOUT_CDK_VALIDATION } from '../support/without-cdk-validation.ts';
import {
  ALL_OPTIONS,
  EACH_OPTION,
  EDGE,
  halfTemplate,
  IDENTITY,
  ISSUER,
  keysFor,
  PROVIDERS,
  type Template,
  wholeTemplate,
} from './support.ts';

const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

function temporary(t: { after(work: () => void): void }): string {
  const folder = mkdtempSync(join(tmpdir(), 'edge-upload-test-'));
  t.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** Options that are explicitly off. */
const TURNED_OFF: StackOptions = { versioning: false, accessLogs: false, mfa: 'off', priceClass: 'all' };

const WITHOUT_POOL: StackOptions = { userPool: false, trust: [ISSUER] };

const CHOICES: readonly StackOptions[] = [{}, ...EACH_OPTION, ALL_OPTIONS, TURNED_OFF];

/** Caused by the CDK: it makes the function depend on its role explicitly, although a reference does so already. */
const CDK_WARNINGS = ['W3005'];

test('cfn-lint finds no error', { skip: missing('cfn-lint') }, (t) => {
  const folder = temporary(t);
  const templates = {
    'the whole': wholeTemplate(),
    'the identity half': halfTemplate(),
    'the whole with all options': wholeTemplate(EDGE, ALL_OPTIONS),
    'the identity half with all options': halfTemplate(ALL_OPTIONS),
    'the whole with what can be turned off again turned off': wholeTemplate(EDGE, TURNED_OFF),
    'the whole without a user pool': wholeTemplate(keysFor(WITHOUT_POOL), WITHOUT_POOL),
    'the whole with a SAML provider': wholeTemplate(EDGE, PROVIDERS[0]),
    'the identity half with an OIDC provider': halfTemplate(PROVIDERS[1]),
    'the first half without a user pool': halfTemplate(WITHOUT_POOL),
  };
  const files = Object.entries(templates).map(([name, template]) => {
    const file = join(folder, `${name}.json`);
    writeFileSync(file, JSON.stringify(template));
    return file;
  });
  const args = ['--regions', 'us-east-1', '--format', 'json', '--', ...files];
  const { stdout, stderr } = spawnSync('cfn-lint', args, { encoding: 'utf8' });
  assert.equal(stderr, '');
  const findings = JSON.parse(stdout || '[]') as {
    readonly Filename: string;
    readonly Rule: { readonly Id: string };
    readonly Message: string;
  }[];
  // It has checked every template: the finding that the CDK causes is in each one with the function.
  assert.equal(new Set(findings.map(({ Filename }) => Filename)).size, 5);
  const others = findings.filter(({ Rule }) => !CDK_WARNINGS.includes(Rule.Id));
  assert.deepEqual(
    others.map(({ Filename, Rule, Message }) => `${Filename}: ${Rule.Id} ${Message}`),
    [],
  );
});

test('cdk-nag’s AwsSolutions finds only acknowledged rules, each of which applies', (t) => {
  const outdir = temporary(t);
  for (const options of CHOICES) {
    const app = new App({ outdir, analyticsReporting: false, builtinCloudFormationValidation: false });
    new UploadStack(app, 'UploadStack', { stackName: 'edge-upload', edge: keysFor(options), options });
    const { violations } = new AwsSolutionsChecks(app, { verbose: true }).validateScope(app);
    assert.deepEqual(violations, [], JSON.stringify(options));

    const reasoned = new Set<string>();
    for (const { node } of app.node.findAll()) {
      for (const { type, data } of node.metadata) {
        if (type !== Validations.ACKNOWLEDGED_RULES_METADATA_KEY) continue;
        for (const id of Object.keys(data as object)) reasoned.add(id.replace(/^annotation::/i, ''));
      }
    }
    // If the pack ignores the reasons, it reports all its findings.
    const pack = Object.defineProperty(new AwsSolutionsChecks(app), 'isAcknowledged', { value: () => false });
    const found = pack.validateScope(app).violations;
    assert.deepEqual(
      found.map(({ ruleName }) => ruleName).sort(),
      [...reasoned].sort(),
      JSON.stringify(options),
    );
  }
});

test('the CDK’s validation of the template finds nothing', (t) => {
  const outdir = temporary(t);
  const app = new App({ outdir, analyticsReporting: false });
  new UploadStack(app, 'UploadStack', { stackName: 'edge-upload', edge: EDGE, options: {} });
  app.synth();
  const report = JSON.parse(readFileSync(join(outdir, 'validation-report.json'), 'utf8'));
  assert.deepEqual(report.pluginReports, []);
});

const run = promisify(execFile);

/** The app as the tests compile it. It starts much faster than with the loader in `cdk.json`. */
const COMPILED_APP = ['--app', [process.execPath, ...workerArgs('infra/app')].join(' ')];

/** Runs the CDK's command line offline. */
async function cdkSynth(outdir: string, ...args: string[]): Promise<Template> {
  const cdk = join(ROOT, 'node_modules', '.bin', 'cdk');
  const { stdout } = await run(cdk, ['synth', '--json', '--no-notices', '--output', outdir, ...args], {
    cwd: ROOT,
    env: {
      PATH: process.env.PATH,
      HOME: outdir,
      CDK_DISABLE_CLI_TELEMETRY: 'true',
      ...WITHOUT_CDK_VALIDATION,
    },
    maxBuffer: 1024 ** 2,
  });
  return JSON.parse(stdout) as Template;
}

const sections = ({ Resources, Outputs }: Template) => ({ Resources: bare(Resources), Outputs });
/** Returns the template without the paths that the CDK's command line adds. */
const bare = (resources: Template['Resources']) =>
  Object.fromEntries(
    Object.entries(resources).map(([id, { Type, Properties }]) => [id, { Type, Properties }]),
  );

test('cdk synth works by hand, for the identity half and for the whole', async (t) => {
  const folder = temporary(t);
  assert.deepEqual(sections(await cdkSynth(join(folder, 'half'))), sections(halfTemplate()));
  const { userPoolId, clientId, jwks } = IDENTITY;
  const options = { maxSize: 7, trust: [ISSUER] };
  const { keySets: trusted, bakedAt } = keysFor(options);
  const keySets = Object.fromEntries(Object.entries(trusted).map(([alias, keys]) => [alias, { keys }]));
  const json = { jwks, options, keySets, bakedAt };
  const context = {
    ...{ userPoolId, clientId },
    ...Object.fromEntries(Object.entries(json).map(([name, value]) => [name, JSON.stringify(value)])),
  };
  const args = Object.entries(context).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const whole = await cdkSynth(join(folder, 'whole'), ...COMPILED_APP, ...args);
  assert.deepEqual(sections(whole), sections(wholeTemplate(keysFor(options), options)));
  // Runs the app alone, with the context that the command line passes.
  for (const part of [
    { userPoolId: 'x' },
    { keySets: { corp: { keys: [] } } },
    { keySets: {}, bakedAt: '1' },
  ]) {
    const env = { CDK_CONTEXT_JSON: JSON.stringify(part) };
    const ran = run(process.execPath, workerArgs('infra/app'), { env });
    await assert.rejects(ran, /must be given together/);
  }
});
