import type { TrustedIssuer } from '../../infra/options.ts';
import { UserError } from '../errors.ts';

/** An issuer whose tokens are for jobs alone. */
interface CiIssuer {
  readonly title: string;
  readonly matches: RegExp;
  /** The command that knows which claims a rule needs. */
  readonly command: string;
}

/** GitHub.com, GitHub Enterprise Cloud with its own domain, and GitHub Enterprise Server. */
const GITHUB =
  /^https:\/\/token\.actions\.(?:githubusercontent\.com|[^/]+\.ghe\.com)(?:[:/]|$)|\/_services\/token\/?$/i;

const CI: readonly CiIssuer[] = [
  {
    title: 'GitHub Actions',
    matches: GITHUB,
    command: 'edge-upload trust github <owner>/<repository>',
  },
  {
    title: 'GitLab CI/CD',
    matches: /^https:\/\/gitlab\.com\/?$/i,
    command: 'edge-upload trust gitlab <group>/<project>',
  },
  {
    title: 'Buildkite',
    matches: /^https:\/\/agent\.buildkite\.com\/?$/i,
    command: 'edge-upload trust buildkite <organization id>',
  },
  {
    title: 'CircleCI',
    matches: /^https:\/\/oidc\.circleci\.com(?:\/|$)/i,
    command: 'edge-upload trust circleci <organization id>',
  },
  {
    title: 'Bitbucket Pipelines',
    matches: /^https:\/\/api\.bitbucket\.org\//i,
    command: 'edge-upload trust bitbucket <workspace id> --repository-id <id>',
  },
];

/**
 * Refuses an issuer of jobs as one of people, and rules of GitHub without an event. Pull requests of anybody cause
 * pull_request_target, workflow_run and issue_comment, in the name of the main branch.
 * @throws {UserError} `usage`
 */
export function requireJobs({ alias, iss, kind, preset, rules }: TrustedIssuer): void {
  const ci = CI.find(({ matches }) => iss.some((one) => matches.test(one)));
  if (ci !== undefined && kind === 'people') {
    throw new UserError('usage', `${iss[0]} has tokens for jobs of ${ci.title}, not for people.`, {
      hint: ['Trust the jobs:', `  ${ci.command}`],
    });
  }
  if (ci?.matches !== GITHUB && preset !== 'github') return;
  const hasEvent = ({ when = [] }: TrustedIssuer['rules'][number]) =>
    when.some(({ claim }) => claim.length === 1 && claim[0] === 'event_name');
  const at = rules.findIndex((rule) => !hasEvent(rule));
  if (at < 0) return;
  throw new UserError(
    'usage',
    `Rule ${at + 1} of ${alias} has no condition on event_name: pull requests of anybody could upload.`,
    {
      hint: [
        'Name the events, as this command does:',
        `  ${CI[0]?.command}`,
        'In a file: event_name: [push, workflow_dispatch, schedule, release, create]',
      ],
    },
  );
}
