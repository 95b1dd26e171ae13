import { notSupported } from '../../wire/errors.ts';
import type { Operations } from '../../wire/operations.ts';
import { paginate } from '../../wire/paging.ts';
import { functionArn, invalidParameter, LATEST, parseIdentifier } from '../arn.ts';
import type { Functions } from '../functions.ts';
import { allVersions, type Described, functionConfiguration } from './describe.ts';
import type { LambdaInput } from './rest-protocol.ts';

/** The functions of the account. */
interface Account {
  readonly functions: Functions;
  /** Concurrent executions. */
  readonly concurrency: () => number;
}

/** https://docs.aws.amazon.com/lambda/latest/api/API_Operations.html */
export const OPERATIONS: Operations<Account, LambdaInput, object> = {
  GetFunction: {
    run(account, input) {
      const { tags } = account.functions.get(identify(input).name);
      return {
        Configuration: configurationOf(account, input),
        Code: { RepositoryType: 'S3' },
        ...(Object.keys(tags).length > 0 && { Tags: tags }),
      };
    },
  },
  GetAccountSettings: { run: accountSettings },
  GetFunctionConfiguration: { run: configurationOf },
  ListFunctions: {
    run({ functions }, { query }) {
      if (query.has('MasterRegion')) {
        throw notSupported('the parameter MasterRegion', 'InvalidParameterValueException');
      }
      const all = query.has('FunctionVersion');
      if (all && query.get('FunctionVersion') !== 'ALL') {
        throw invalidParameter('FunctionVersion must be ALL.');
      }
      const described = () =>
        functions.list().flatMap((record) => {
          const { name, latest } = record;
          return all ? allVersions(record) : [functionConfiguration(name, latest, functionArn(name), LATEST)];
        });
      const { items, next } = page(described, query);
      return { Functions: items, NextMarker: next };
    },
  },
  ListVersionsByFunction: {
    run({ functions }, input) {
      const { name } = identify(input);
      const { items, next } = page(() => allVersions(functions.get(name)), input.query);
      return { Versions: items, NextMarker: next };
    },
  },
  DeleteFunction: {
    run({ functions }, input) {
      const { name, qualifier } = identify(input);
      if (qualifier === undefined) functions.delete(name);
      else functions.deleteVersion(name, qualifier);
    },
  },
};

/** https://docs.aws.amazon.com/lambda/latest/api/API_GetAccountSettings.html */
function accountSettings({ functions, concurrency }: Account): object {
  const all = functions.list();
  const sizes = all.flatMap(({ latest, versions }) => [latest, ...versions]).map(({ codeSize }) => codeSize);
  return {
    AccountLimit: {
      TotalCodeSize: 80_530_636_800,
      CodeSizeUnzipped: 262_144_000,
      CodeSizeZipped: 52_428_800,
      ConcurrentExecutions: concurrency(),
      UnreservedConcurrentExecutions: concurrency(),
    },
    AccountUsage: {
      TotalCodeSize: sizes.reduce((sum, size) => sum + size, 0),
      FunctionCount: all.length,
    },
  };
}

function identify({ identifier, query }: LambdaInput): ReturnType<typeof parseIdentifier> {
  return parseIdentifier(identifier, query.get('Qualifier') ?? undefined);
}

function configurationOf({ functions }: Account, input: LambdaInput): object {
  const { name, qualifier } = identify(input);
  const snapshot = functions.snapshot(name, qualifier);
  return functionConfiguration(name, snapshot, functionArn(name, qualifier), snapshot.version);
}

/** Lambda returns at most 50 entries, even for a larger `MaxItems`. */
const PAGE = 50;

/** Returns the sort key of a list: by name, then `$LATEST`, then the versions by number. */
function keyOf({ FunctionName, Version }: Described): string {
  const number = Version === LATEST ? '' : Version;
  return `${FunctionName} ${number.padStart(16, '0')}`;
}

function page(
  all: () => readonly Described[],
  query: URLSearchParams,
): { items: readonly Described[]; next: string | null } {
  const asked = query.get('MaxItems') ?? String(PAGE);
  if (!/^\d{1,5}$/.test(asked) || Number(asked) < 1 || Number(asked) > 10_000) {
    throw invalidParameter('MaxItems must be between 1 and 10000.');
  }
  const { items, next = null } = paginate(all(), {
    limit: Math.min(Number(asked), PAGE),
    token: query.get('Marker') ?? undefined,
    keyOf,
    invalidToken: () => invalidParameter('Invalid marker.'),
  });
  return { items, next };
}
