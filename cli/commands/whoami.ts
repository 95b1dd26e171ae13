import type { Context, JsonValue, Result } from '../context.ts';
import { readAccessToken } from '../identity/access-token.ts';
import { discoverCaller } from '../identity/discovery.ts';
import { findKept } from '../identity/kept-tokens.ts';
import { type TokenOrigin, tokenOrigin, tokenSource } from '../identity/session.ts';
import { mayWrite } from '../identity/writing.ts';
import { resolveTarget, type Target } from '../settings/target.ts';
import { formatDuration } from '../ui/format.ts';

/** Who is signed in, where, what they may write and for how long: as the edge itself sees it. */
export async function whoami(context: Context, _args: Readonly<Record<string, never>>): Promise<Result> {
  const target = await resolveTarget(context);
  const tokens = tokenSource(context, target);
  const token = await tokens.current();
  const { description, caller } = await discoverCaller(context, { ...target, token });
  const { username, groups } = caller;
  const expiresAt = readAccessToken(token)?.expiresAt;
  const origin = tokenOrigin(context);
  const kept = origin.kind === 'kept' ? (await findKept(context, target))?.file : undefined;
  const writing = mayWrite(description.policy, caller);
  const document: { [name: string]: JsonValue | undefined } = {
    username,
    groups: [...groups],
    deployment: target.deployment?.name,
    url: target.url,
    tokens: kept ?? origin.kind,
    mayWrite: { ...writing.document },
    expiresAt: expiresAt?.toISOString(),
    renewed: origin.kind !== 'token',
  };
  const lines: [string, string][] = [
    ['user', groups.length === 0 ? username : `${username} (groups: ${groups.join(', ')})`],
    ['deployment', deploymentText(target)],
    ['may write', writing.text],
    ['tokens', originText(origin, kept)],
    ['good for', goodFor(context.now(), origin, expiresAt)],
  ];
  return { document, text: lines.map(([name, value]) => `${name.padEnd(12)}${value}`).join('\n') };
}

function deploymentText({ url, deployment }: Target): string {
  return deployment === undefined ? url : `${deployment.name}, ${url}`;
}

function originText(origin: TokenOrigin, file: string | undefined): string {
  switch (origin.kind) {
    case 'token':
      return 'from EDGE_UPLOAD_TOKEN';
    case 'password':
      return 'in memory only, from EDGE_UPLOAD_USERNAME and EDGE_UPLOAD_PASSWORD';
    case 'kept':
      return `${file ?? 'gone just now'}, for you alone to read`;
  }
}

function goodFor(now: Date, { kind }: TokenOrigin, expiresAt: Date | undefined): string {
  const left = expiresAt === undefined ? undefined : expiresAt.getTime() - now.getTime();
  const time = left === undefined ? 'an unknown time' : formatDuration(Math.max(0, left));
  return kind === 'token' ? time : `${time}, then renewed by itself`;
}
