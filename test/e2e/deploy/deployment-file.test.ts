import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { writeDeployment } from '../../../cli/stack/deployment-file.ts';
import { KINDS, OPTION_NAMES } from '../../../cli/stack/options/kinds.ts';
import type { StackOptions } from '../../../infra/options.ts';
import { serveDocuments, serveIssuer } from '../../cli/trust/provider.ts';
import { ALL_OPTIONS } from '../../infra/support.ts';
import { type Computer, setFaults, signIn, WITH_FAULTS, withCloud } from '../harness.ts';
import { snapshots, yamlOf } from '../snapshots.ts';

interface Planned {
  readonly outcome: string;
  readonly plan: readonly object[];
}

/** Every option that the embedded cloud supports. */
const HERE: StackOptions = Object.fromEntries(
  Object.entries({
    ...ALL_OPTIONS,
    ...{ page: true, pageTitle: 'Acme: "press"', pageNote: '# 1', pageColor: '#0a5c9e' },
    pageLogo: '<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0h9v9z"/></svg>',
  }).filter(([name]) => OPTION_NAMES.some((one) => one === name && KINDS[one].awsOnly === undefined)),
);

/** Options whose only other value is their default, or that exclude one of those above. */
const NOT_HERE = ['bucketName', 'userPool'];

/** Returns a file with options and issuers. */
const withIssuers = (options: string, issuers: readonly string[]) =>
  `${options.trimEnd()}\nissuers:\n${issuers.join('')}`;

const issuerOf = (alias: string, issuer: string, rule = `writeTo: ${alias}/{sub}/`) =>
  `  - alias: ${alias}\n    issuer: ${issuer}\n    clientId: cli\n    rules:\n      - ${rule}\n`;

const save = (computer: Computer, text: string) => writeFile(join(computer.home, 'edge-upload.yaml'), text);

test('a deployment with every option equals its own file', async (t) => {
  const absent = OPTION_NAMES.filter((name) => HERE[name] === undefined && !KINDS[name].awsOnly);
  assert.deepEqual(absent, NOT_HERE, 'each option that the embedded cloud has is deployed');
  const { issuer } = await serveIssuer(t);
  await withCloud(async (computer) => {
    const deploy = ['deploy', '--local', '--yes', '--file', 'edge-upload.yaml'];
    // Options whose resources remain on AWS are stored as off.
    const off: StackOptions = { versioning: false, accessLogs: false, maxSize: 1_234_567 };
    for (const options of [HERE, off]) {
      await save(
        computer,
        withIssuers(await writeDeployment(options), [
          issuerOf('corp', issuer, 'writeTo: corp/{sub}/\n        when: {roles: [up, "true"]}'),
        ]),
      );
      await computer.json(deploy);
      const file = await yamlOf(computer);
      await save(computer, file);
      const { outcome, plan } = await computer.json<Planned>([...deploy, '--dry-run']);
      assert.deepEqual([outcome, plan], ['planned', []], file);
      assert.match((await computer.run([...deploy, '--dry-run'])).stdout, /^Nothing would be changed\.$/m);
      assert.equal((await computer.json<Planned>(deploy)).outcome, 'unchanged');
      assert.equal(await yamlOf(computer), file);
    }
  });
});

/** A defect of a file: its description, the file, the message of the refusal, and flags. */
type Defect = readonly [what: string, text: string, message: RegExp, flags?: readonly string[]];

test('changes nothing if one entry of the file cannot be deployed', async (t) => {
  const [one, two, three, withdrawn] = await Promise.all([
    serveIssuer(t),
    serveIssuer(t),
    serveIssuer(t),
    serveDocuments(t, new Map()),
  ]);
  await withCloud(async (computer, cloud) => {
    const started = ['versioning: true', 'page: true', 'tag: {team: media}', ''].join('\n');
    await save(computer, withIssuers(started, [issuerOf('one', one.issuer)]));
    await computer.json(['deploy', '--local', '--file', 'edge-upload.yaml']);
    await signIn(computer);
    const before = await yamlOf(computer);
    const snapshot = snapshots(t, computer, cloud);
    const seen = await snapshot();
    const changed = 'max-size: 5G\nprice-class: "100"\n';
    const third = (last: string) =>
      withIssuers(changed, [issuerOf('one', one.issuer), issuerOf('two', two.issuer), last]);
    await mkdir(join(computer.home, 'logos'));
    await writeFile(
      join(computer.home, 'script.svg'),
      '<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>',
    );
    const defects: readonly Defect[] = [
      [
        'a rule that is misspelt',
        third(issuerOf('c', one.issuer, 'writeto: c/')),
        /issuers\[2\]\.rules\[0\]\.writeto is not known/,
      ],
      [
        'a rule whose prefix others write too',
        third(issuerOf('c', three.issuer, 'writeTo: one/x/')),
        /Callers of .* could write the same keys/,
      ],
      ['an issuer that serves no documents', third(issuerOf('c', withdrawn)), /cannot be read: HTTP 404/],
      [
        'an issuer that is unreachable',
        third(issuerOf('c', 'http://127.0.0.1:1')),
        /127\.0\.0\.1:1 is unreachable/,
      ],
      ['two issuers of one name', third(issuerOf('two', two.issuer)), /Two issuers have the alias two/],
      [
        'an issuer that is there twice',
        third(issuerOf('c', two.issuer)),
        /is trusted twice for the same audience/,
      ],
      ['a name that is no alias', third(issuerOf('Corp', two.issuer)), /Invalid value “Corp” for --alias/],
      [
        'an option without the one that it needs',
        `${changed}domain: uploads.example.com\n`,
        /--domain needs --certificate-arn/,
      ],
      ['an option that AWS alone has', `${changed}scan: true\n`, /--scan is not used with --local/],
      [
        'a value out of bounds',
        `${changed}token-validity: 1m\n`,
        /edge-upload\.yaml:3:17: token-validity is not valid/,
      ],
      [
        'options of a user pool without one',
        `${changed}user-pool: false\nmfa: optional\n`,
        /--mfa is an option of the user pool/,
      ],
      ['a logo that is not there', `${changed}page: true\npage-logo: logo.svg\n`, /logo\.svg/],
      ['a logo with a script', `${changed}page: true\npage-logo: script.svg\n`, /script\.svg/],
      ['a folder in the place of a logo', `${changed}page: true\npage-logo: logos\n`, /logos/],
      [
        'users that would be lost',
        `${changed}user-pool: false\n`,
        /The change loses data.* Nothing was changed/,
        ['--yes'],
      ],
    ];
    for (const stack of ['edge-upload', 'another']) {
      for (const [what, text, message, flags = []] of defects) {
        // A stack that does not exist has no users yet.
        if (flags.includes('--yes') && stack === 'another') continue;
        await save(computer, text);
        const args = ['deploy', '--local', '--file', 'edge-upload.yaml', '--stack-name', stack, ...flags];
        const { code, stderr } = await computer.run(args);
        assert.notEqual(code, 0, what);

        assert.match(stderr, message, what);
        assert.deepEqual(await snapshot(), seen, `${what}: ${stack}`);
      }
    }
    assert.equal(await yamlOf(computer), before);

    // A change that AWS refuses during the update is rolled back.
    await setFaults(cloud, {
      resourceDelayMs: 0,
      failingResources: { Bucket83908E77: { update: 'refused by a test' } },
    });
    await save(computer, `${changed}page: true\n`);
    const failed = await computer.run(['deploy', '--local', '--file', 'edge-upload.yaml']);
    assert.equal(failed.code, 8, failed.stderr);
    assert.equal(await yamlOf(computer), before);
  }, WITH_FAULTS);
});
