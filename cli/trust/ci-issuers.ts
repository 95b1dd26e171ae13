import type { TrustedIssuer } from '../../infra/options.ts';
import type { Rule } from '../../protocol/upload-rule.ts';
import { command } from '../command-line.ts';
import { UserError } from '../errors.ts';
import { PRESETS } from './presets.ts';

/** Commands that create safe rules for jobs. */
export const JOB_COMMANDS = {
  github: command`edge-upload trust github <owner>/<repository>`,
  gitlab: command`edge-upload trust gitlab <group>/<project>`,
  buildkite: command`edge-upload trust buildkite <organization id>`,
  circleci: command`edge-upload trust circleci <organization id>`,
  bitbucket: command`edge-upload trust bitbucket <workspace id> --repository-id <id>`,
} as const;

/** An issuer whose tokens are only for jobs. */
interface CiIssuer {
  readonly preset: keyof typeof JOB_COMMANDS;
  readonly matches: RegExp;
}

const CI: readonly CiIssuer[] = [
  {
    // GitHub.com, GitHub Enterprise Cloud with its own domain, and GitHub Enterprise Server.
    preset: 'github',
    matches:
      /^https:\/\/token\.actions\.(?:githubusercontent\.com|[^/]+\.ghe\.com)(?:[:/]|$)|\/_services\/token\/?$/i,
  },
  { preset: 'gitlab', matches: /^https:\/\/gitlab\.com\/?$/i },
  { preset: 'buildkite', matches: /^https:\/\/agent\.buildkite\.com\/?$/i },
  { preset: 'circleci', matches: /^https:\/\/oidc\.circleci\.com(?:\/|$)/i },
  { preset: 'bitbucket', matches: /^https:\/\/api\.bitbucket\.org\//i },
];

const names = ({ when = [] }: Rule, name: string) =>
  when.some(({ claim }) => claim.length === 1 && claim[0] === name);

/**
 * Refuses issuers of jobs as issuers of people, GitHub rules that anyone's pull request can match, and rules for all
 * repositories of an owner without explicit consent.
 * @throws {UserError} `usage`
 */
export function requireJobs({ alias, iss, kind, preset, rules }: TrustedIssuer): void {
  const ci = CI.find(({ matches }) => iss.some((one) => matches.test(one)));
  if (ci !== undefined && kind === 'people') {
    const { title } = PRESETS[ci.preset];
    throw new UserError('usage', `${iss[0]} issues tokens for jobs of ${title}, not for people.`, {
      hint: ['Trust the jobs:', JOB_COMMANDS[ci.preset]],
    });
  }
  const system = ci?.preset ?? preset;
  if (system === 'github') requireEvents(alias, rules);
  for (const [at, rule] of rules.entries()) {
    for (const whole of WHOLE)
      requireWord(`Rule ${at + 1} of ${alias}`, rule, whole, system === whole.preset);
  }
}

/** The consent to a rule for all repositories of an owner, and the claims that name one repository. */
interface WholeOwner {
  readonly preset: 'github' | 'gitlab';
  /** Field of the rule. The command line has a flag of the same name. */
  readonly word: 'anyRepository' | 'anyProject';
  readonly one: string;
  /** The first claim is an immutable id. */
  readonly claims: readonly string[];
}

const WHOLE: readonly WholeOwner[] = [
  {
    preset: 'github',
    word: 'anyRepository',
    one: 'repository',
    claims: ['repository_id', 'repository', 'workflow_ref'],
  },
  { preset: 'gitlab', word: 'anyProject', one: 'project', claims: ['project_id', 'project_path', 'sub'] },
];

/** Refuses rules for every repository without consent, and consent that has no effect. */
function requireWord(
  where: string,
  rule: Rule,
  { preset, word, one, claims }: WholeOwner,
  is: boolean,
): void {
  const isSaid = rule[word] === true;
  const isNamed = claims.some((claim) => names(rule, claim));
  if (!is && isSaid) {
    throw new UserError('usage', `${where} has ${word}, which is for jobs of ${PRESETS[preset].title} only.`);
  }
  if (is && isSaid && isNamed) {
    throw new UserError('usage', `${where} has ${word}, but names one ${one}.`, {
      hint: `Remove ${word}, or the condition on the ${one}.`,
    });
  }
  if (!is || isSaid || isNamed) return;
  throw new UserError('usage', `${where} names no ${one}: it matches jobs of every ${one} of an owner.`, {
    hint: [
      `Add a condition on ${claims[0]}. If every ${one} is meant, add “${word}: true” to the rule:`,
      command`edge-upload trust list --yaml > trust.yaml`,
      command`edge-upload trust --file trust.yaml`,
    ],
  });
}

/**
 * Requires GitHub rules to name events, and not to compare `sub`. Anyone's pull request can trigger
 * pull_request_target, workflow_run and issue_comment, which run in the context of the main branch.
 */
function requireEvents(alias: string, rules: readonly Rule[]): void {
  // The form of `sub` changed in July 2026, and repositories can change it.
  if (rules.some((rule) => names(rule, 'sub'))) {
    throw new UserError(
      'usage',
      'A rule for GitHub must not compare sub: it has two forms, and repositories can change it.',
      {
        hint: 'Use --branch, --tag, --environment, or other claims: --when job_workflow_ref=<workflow>',
      },
    );
  }
  const at = rules.findIndex((rule) => !names(rule, 'event_name'));
  if (at < 0) return;
  throw new UserError(
    'usage',
    `Rule ${at + 1} of ${alias} has no condition on event_name: pull requests of anybody could upload.`,
    {
      hint: [
        'Name the events, as this command does:',
        JOB_COMMANDS.github,
        'In a file: event_name: [push, workflow_dispatch, schedule, release, create]',
      ],
    },
  );
}
