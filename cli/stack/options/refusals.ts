import type { StackOptions } from '../../../infra/options.ts';
import { isPrefixRule } from '../../../protocol/prefix-rule.ts';
import { UserError } from '../../errors.ts';

/** A rule of the same parts in which each placeholder fills a segment. */
function repaired(rule: string): string {
  const parts = rule
    .split('/')
    .flatMap((segment) => segment.match(/\{[^{}]*\}|[^{}]+/g) ?? [])
    .map((part) => part.replace(/^[\s._-]+|[\s._-]+$/g, ''));
  return `${parts.filter((part) => part !== '').join('/')}/`;
}

/**
 * Refuses a prefix rule under which two users could write the same keys, given or kept from an earlier version.
 * @throws {UserError} `usage`
 */
export function refuseSharedPrefix({ writeTo }: StackOptions): void {
  if (writeTo === undefined || isPrefixRule(writeTo)) return;
  throw new UserError(
    'usage',
    `--write-to “${writeTo}” could give two users the same keys: each placeholder must fill a whole segment, between slashes.`,
    { hint: ['Separate them with slashes:', `  edge-upload deploy --write-to '${repaired(writeTo)}'`] },
  );
}

/**
 * Refuses what only AWS has, before the embedded cloud is started.
 * @throws {UserError} `usage`
 */
export function refuseOnAwsOnly({ webAclArn }: StackOptions, local: boolean): void {
  if (!local || webAclArn === undefined) return;
  throw new UserError(
    'usage',
    '--web-acl-arn is not used with --local: the embedded cloud has no web ACLs.',
    {
      hint: 'Deploy without it: edge-upload deploy --local',
    },
  );
}
