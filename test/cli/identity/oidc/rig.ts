import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext as Test } from 'node:test';
import { rootCertificates } from 'node:tls';
import { isUserError, type UserError } from '../../../../cli/errors.ts';
import { rememberDeployment } from '../../../../cli/settings/deployments.ts';
import { cannotAsk, cannotConfirm } from '../../../../cli/ui/questions.ts';
import type { Ui } from '../../../../cli/ui/ui.ts';
import { type TestContext, testContext } from '../../../support/context.ts';
import { type FlatEvent, flatEvents } from '../../../support/flat.ts';
import { claimsOf, TOKEN_IN_TEXT } from '../../../support/keys/forge.ts';
import { listen } from '../../../support/serve.ts';

/** Answers by the beginning of the prompt. A function is called when the prompt appears. */
type Answers = Readonly<Record<string, string | boolean | (() => string | Promise<string>)>>;

export interface Rig {
  /** Address of the edge. */
  readonly url: string;
  readonly home: string;
  /** Tokens that reached the edge. */
  readonly received: string[];
  /** Issuers that the edge names. */
  issuers: Record<string, unknown>[];
  /** Prefixes that every user is allowed to write. */
  writeTo: string[];
  /** The edge's error for every token. Absent: it accepts all tokens. */
  refusal?: { status: number; error: string; message: string };
  context(options?: { env?: Record<string, string>; answers?: Answers }): TestContext & Watched;
}

interface Watched {
  /** Resolves with the first text of an event that matches. */
  shown(pattern: RegExp): Promise<string>;
}

/**
 * Opens an edge whose description and responses the test sets, and a computer on which it is a deployment of an embedded
 * cloud, so that its issuers can be on this computer.
 */
export async function openRig(t: Pick<Test, 'after'>, { local = true } = {}): Promise<Rig> {
  const home = mkdtempSync(join(tmpdir(), 'edge-upload-oidc-'));
  const caFile = join(home, 'ca.pem');
  writeFileSync(caFile, rootCertificates[0] ?? '');
  const received: string[] = [];
  const shown: string[] = [];
  const url = await listen(t, (request, response) => {
    const answer = (status: number, body: unknown) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    const pool = rig.issuers.find(({ kind }) => kind === 'pool');
    const [, region, userPoolId] =
      /^https:\/\/cognito-idp\.([^.]+)\.amazonaws\.com\/(.+)$/.exec(String(pool?.issuer)) ?? [];
    const ofPool = pool && { region, userPoolId, clientId: pool.clientId };
    const edge = { service: 'edge-upload', version: 2, policy: {}, issuers: rig.issuers, ...ofPool };
    const { authorization } = request.headers;
    if (authorization === undefined) return answer(200, edge);
    const token = authorization.replace(/^Bearer /, '');
    received.push(token);
    if (rig.refusal !== undefined) return answer(rig.refusal.status, rig.refusal);
    const claims = claimsOf(token);
    return answer(200, {
      ...edge,
      caller: {
        username: claims.email ?? claims.sub,
        sub: claims.sub,
        issuer: rig.issuers[0]?.alias,
        groups: claims.groups ?? [],
        claims: { department: 'it' },
        writeTo: rig.writeTo,
        maxSize: 1024 ** 2,
        noClobber: true,
        tokenExpiresAt: new Date(Number(claims.exp) * 1000).toISOString(),
      },
    });
  });
  t.after(() => {
    rmSync(home, { recursive: true, force: true });
    for (const text of shown) assert.doesNotMatch(text, TOKEN_IN_TEXT, 'a token is shown');
  });
  const env = {
    XDG_CONFIG_HOME: join(home, 'config'),
    XDG_STATE_HOME: join(home, 'state'),
    BROWSER: 'none',
  };
  const place = { env, platform: process.platform, home };
  if (local) {
    const cloud = { endpoint: 'http://127.0.0.1:9', caFile };
    await rememberDeployment(place, { name: 'studio', url, bucket: 'studio-bucket', local: cloud });
  }

  const context: Rig['context'] = ({ env: more = {}, answers } = {}) => {
    const events: FlatEvent[] = [];
    const watchers = new Set<() => void>();
    const find = (prompt: string) => {
      const found = Object.entries(answers ?? {}).find(([start]) => prompt.startsWith(start));
      return found?.[1] ?? assert.fail(`nobody was to be asked for “${prompt}”`);
    };
    const ui: Ui = {
      interactive: answers !== undefined,
      event(event) {
        events.push(...flatEvents(event));
        shown.push(JSON.stringify(event));
        for (const watcher of watchers) watcher();
      },
      async ask({ prompt, flag, reject }) {
        if (answers === undefined) throw cannotAsk(prompt, flag);
        const found = find(prompt);
        const answer = typeof found === 'function' ? await found() : String(found);
        assert.equal(reject?.(answer), undefined);
        return answer;
      },
      async confirm(prompt, flag) {
        if (answers === undefined) throw cannotConfirm(prompt, flag);
        return find(prompt) === true;
      },
      close() {},
    };
    const base = testContext({ env: { ...env, ...more }, home, ui });
    return {
      ...base,
      events,
      shown: (pattern) =>
        new Promise((resolve) => {
          const look = () => {
            const found = events.find((event) => 'text' in event && pattern.test(event.text));
            if (found === undefined || !('text' in found)) return;
            watchers.delete(look);
            resolve(found.text);
          };
          watchers.add(look);
          look();
        }),
    };
  };
  const rig: Rig = { url, home, received, issuers: [], writeTo: ['corp/ada/'], context };
  return rig;
}

/** Returns the address in a text. */
export function addressIn(text: string): string {
  return /https?:\/\/\S+/.exec(text.slice(text.indexOf('\n')))?.[0] ?? assert.fail(`no address in: ${text}`);
}

/** Returns the error of a command, which must have a hint. */
export async function failure(work: Promise<unknown>): Promise<UserError> {
  const error = await work.then(
    () => assert.fail('it did not fail'),
    (thrown: unknown) => thrown,
  );
  if (!isUserError(error)) throw error;
  assert.ok(error.hint, `it says what to do next: ${error.message}`);
  for (let at: unknown = error; at instanceof Error; at = at.cause)
    assert.doesNotMatch(`${at.message}${at.stack}`, TOKEN_IN_TEXT);
  return error;
}
