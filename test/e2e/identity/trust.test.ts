import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { serveIssuer } from '../../cli/trust/provider.ts';
import { type DeployedStack, signIn, withCloud } from '../harness.ts';

interface Trusted extends DeployedStack {
  readonly trust: readonly { readonly alias: string; readonly rules: readonly object[] }[];
  readonly plan?: readonly unknown[];
}

interface Checked {
  readonly accepted: boolean;
  readonly signatureChecked: boolean;
  readonly writeTo: readonly string[];
}

test('adds, lists, shows, exports and removes an issuer', async (t) => {
  const { issuer, sign, keyRequests, withdraw } = await serveIssuer(t);
  await withCloud(async (computer) => {
    const none = await computer.run(['trust', 'list']);
    assert.match(none.stderr, /Nothing was deployed from this computer yet/);
    const { url } = await computer.json<DeployedStack>([
      'deploy',
      '--local',
      '--write-to',
      'users/{username}/',
    ]);

    // A user's token is verified with the keys of the deployment's own pool, not with those of AWS.
    const username = await signIn(computer);
    const { token: ofUser } = await computer.json<{ token: string }>(['token']);
    const user = await computer.json<Checked>(['trust', 'check', '--verify', ofUser]);
    assert.deepEqual(
      [user.accepted, user.signatureChecked, user.writeTo],
      [true, true, [`users/${username}/`]],
    );
    const anothers = ofUser.replace(/[^.]+$/, (signature) => signature.split('').reverse().join(''));
    const unsigned = await computer.run(['trust', 'check', '--verify'], { input: anothers });
    assert.match(unsigned.stdout, /\(invalid_token\): /);

    const add = ['trust', 'oidc', issuer, '--alias', 'corp', '--client-id', 'cli'];

    // A dry run shows the plan and changes nothing.
    const dry = await computer.run([...add, '--dry-run']);
    assert.equal(dry.code, 0, dry.stderr);
    assert.match(dry.stdout, /corp \(OpenID Connect\)/);
    assert.match(dry.stdout, /keys +127\.0\.0\.1:\d+: ES256: [\da-f-]{36}/);
    assert.match(dry.stdout, /audience +the edge's own address/);
    assert.match(dry.stdout, /Every caller is allowed to write keys that begin with “corp\/\{sub\}\/”\./);
    assert.match((await computer.run(['trust', 'list'])).stdout, /trusts only its user pool/);

    const asked = keyRequests();
    const added = await computer.run([...add, '--when', 'roles=uploader', '--max-size', '5G']);
    assert.equal(added.code, 0, added.stderr);
    assert.equal(keyRequests(), asked + 1, 'the keys of the plan are those that are deployed');
    assert.match(added.stdout, /The edge trusts corp\./);
    assert.match(added.stdout, /Register these redirect addresses:/);
    assert.ok(added.stdout.includes(`  The address of the edge:\n    ${url}\n`), added.stdout);
    assert.match(added.stderr, /Callers with roles “uploader” are allowed to write keys .*, up to 5 GiB\./);

    // The address alone identifies the issuer that gets the second rule.
    const press = ['trust', 'oidc', issuer, '--when', 'roles=press', '--no-clobber'];
    const two = await computer.json<Trusted>(press);
    assert.deepEqual(
      two.trust.map(({ alias, rules }) => [alias, rules.length]),
      [['corp', 2]],
    );
    const again = await computer.json<Trusted>(press);
    assert.equal(again.outcome, 'unchanged');

    const list = await computer.run(['trust', 'list']);
    assert.match(
      list.stdout,
      /corp \(OpenID Connect\)\n.*127\.0\.0\.1.*\n.*roles “uploader”.*\n.*without overwriting/,
    );
    const shown = await computer.run(['trust', 'show', 'corp']);
    assert.match(shown.stdout, /rule 2 +Callers with roles “press”/);
    assert.match(shown.stdout, /http:\/\/127\.0\.0\.1:2\d{4}\/callback/);
    const unknown = await computer.run(['trust', 'show', 'other']);
    assert.equal(unknown.code, 3);
    assert.match(unknown.stderr, /no issuer “other”.*\n.*corp/);

    // `trust check` gives the same result as the edge, and never shows the token.
    const token = sign({ aud: url, sub: 'ada', roles: ['press'] });
    const judged = await computer.run(['trust', 'check', '--verify'], { input: token });
    assert.equal(judged.code, 0, judged.stdout + judged.stderr);
    assert.match(
      judged.stdout,
      /The edge accepts the token\.\n +issuer +corp\n +name +ada\n +rule +2: .*\n +writes +corp\/ada\//,
    );
    const offline = await computer.json<Checked>(['trust', 'check', token]);
    assert.deepEqual(
      [offline.accepted, offline.signatureChecked, offline.writeTo],
      [true, false, ['corp/ada/']],
    );
    const forged = token.replace(/[^.]+$/, (signature) => signature.split('').reverse().join(''));
    for (const [input, message, ...flags] of [
      [
        sign({ aud: url, sub: 'ada', roles: ['reader'] }),
        /forbidden_caller.*\n(.*\n)*.*rule 2: the token's roles has “reader”/,
      ],
      [sign({ aud: 'https://other.example', sub: 'ada' }), /wrong_audience.*\n(.*\n)*.*At the provider:/],
      [forged, /\(invalid_token\): /, '--verify'],
      ['hello', /\(invalid_token\): /],
    ] as const) {
      const refused = await computer.run(['trust', 'check', ...flags], { input });
      assert.equal(refused.code, 4, refused.stdout);
      assert.match(refused.stdout, message);
      assert.equal((refused.stdout + refused.stderr).includes(input), false);
    }
    // The edge accepts tokens signed with a withdrawn key until it has the new keys.
    withdraw(true);
    const withdrawn = await computer.run(['trust', 'check', '--verify'], { input: token });
    assert.equal(withdrawn.code, 0, withdrawn.stdout);
    assert.match(withdrawn.stdout, /still accepts the token.*withdrew the key that signed it\.\n/);
    assert.match(withdrawn.stdout, /To refuse such tokens:\n +edge-upload deploy/);
    const forgedToo = await computer.run(['trust', 'check', '--verify'], { input: forged });
    assert.equal(forgedToo.code, 4, forgedToo.stdout);
    const doctor = await computer.run(['doctor']);
    assert.match(doctor.stderr, /corp withdrew keys that the edge has\. .*\n +edge-upload deploy/);
    // The edge downloads an unknown key, and still has it after the issuer withdraws it.
    const newer = sign({ aud: url, sub: 'ada', roles: ['press'] }, { kid: 'another' });
    const who = await computer.run(['whoami'], { env: { EDGE_UPLOAD_TOKEN: newer } });
    assert.equal(who.code, 0, who.stderr);
    withdraw(false);
    const fetched = await computer.run(['trust', 'check', '--verify'], { input: newer });
    assert.equal(fetched.code, 0, fetched.stdout);
    assert.match(
      fetched.stdout,
      /still accepts the token: it fetched the key .* before the issuer withdrew it/,
    );
    for (const [kind, prefix] of [
      ['link', 'eul_'],
      ['key', 'euk_'],
    ] as const) {
      const issued = await computer.run(['trust', 'check'], { input: prefix + token });
      assert.equal(issued.code, 2);
      assert.match(
        issued.stderr,
        new RegExp(`This is a ${kind} of a deployment.*edge-upload ${kind} list`, 's'),
      );
      assert.ok(!issued.stderr.includes(token.slice(0, 20)));
    }
    assert.match((await computer.run(['trust', 'check'], { input: '' })).stderr, /no token to check/);

    // A later deploy keeps the issuers, and the exported file equals them.
    const later = await computer.json<DeployedStack>(['deploy', '--local']);
    assert.equal(later.outcome, 'unchanged');
    const yaml = (await computer.run(['trust', 'list', '--yaml'])).stdout;
    const path = join(computer.home, 'trust.yaml');
    await writeFile(path, yaml);
    const same = await computer.json<Trusted>(['trust', '--file', 'trust.yaml']);
    assert.equal(same.outcome, 'unchanged');
    await writeFile(path, yaml.replace('maxSize: 5368709120', 'maxSize: 1G'));
    const smaller = await computer.run(['trust', '--file', 'trust.yaml']);
    assert.match(smaller.stderr, /up to 1 GiB/);

    // Every plan warns of a claim that can change: of the command line, of a file, and of a deploy.
    const changeable = /Rule 3 of corp compares email, which can change .* Compare sub instead/;
    const byMail = await computer.run([...add, '--when', 'email=ada@example.com']);
    assert.match(byMail.stderr, changeable);
    assert.match((await computer.run(['deploy', '--local'])).stderr, changeable);
    const mails = (await computer.run(['trust', 'list', '--yaml'])).stdout;
    await writeFile(path, mails.replace('ada@', 'grace@'));
    assert.match((await computer.run(['trust', '--file', 'trust.yaml'])).stderr, changeable);
    await computer.json<Trusted>(['trust', 'remove', 'corp', '--rule', '3']);

    // No caller is allowed to write keys of a pool user, whichever rule is added later.
    const rule = ['trust', 'oidc', issuer, '--when', 'roles=all', '--write-to'];
    const theirs = await computer.run([...rule, '{sub}/']);
    assert.equal(theirs.code, 2);
    assert.match(theirs.stderr, /could write the same keys: “users\/\{username\}\/” and “\{sub\}\/”/);
    await computer.json<Trusted>([...rule, 'people/{sub}/']);
    for (const command of [['deploy', '--local'], ['synth']]) {
      const namesakes = await computer.run([...command, '--write-to', 'people/{username}/']);
      assert.equal(namesakes.code, 2, command.join(' '));
      assert.match(namesakes.stderr, /Users of the pool and callers of corp could write the same keys/);
    }
    await computer.json<Trusted>(['trust', 'remove', 'corp', '--rule', '3']);

    const oneRule = await computer.json<Trusted>(['trust', 'remove', 'corp', '--rule', '1']);
    assert.equal(oneRule.trust[0]?.rules.length, 1);
    const removed = await computer.run(['trust', 'remove', 'corp']);
    assert.match(removed.stderr, /corp is no longer trusted: http:\/\/127/);
    assert.match(removed.stdout, /The edge trusts only its user pool\./);

    // An issuer that cannot be trusted changes nothing.
    for (const [args, message] of [
      [['oidc', `${issuer}/`], /document names|HTTP 404/],
      [['oidc', 'http://id.example.com'], /not an https address/],
      [['oidc', issuer, '--write-to', '{sub}-x/'], /whole segment/],
      [['oidc', issuer, '--alias', 'cognito'], /--alias/],
      [['oidc', issuer, '--token', 'id'], /--client-id or --audience/],
      [['github', 'acme'], /not a repository/],
      [['entra', 'common'], /every tenant/],
      [['google', 'gmail.com', '--client-id', 'x'], /not a Workspace domain/],
      [[], /Name a provider/],
      [['acme', 'x'], /no provider “acme”/],
      [['--file', 'missing.yaml'], /missing\.yaml does not exist/],
    ] as const) {
      const refused = await computer.run(['trust', ...args]);
      assert.notEqual(refused.code, 0, args.join(' '));
      assert.match(refused.stderr, message, args.join(' '));
    }
    assert.match((await computer.run(['trust', 'list'])).stdout, /trusts only its user pool/);
  });
});
