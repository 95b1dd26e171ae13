import { functionArn } from '../arn.ts';
import type { Configuration, FunctionRecord, Snapshot } from '../model.ts';

/** A function or a version as the API describes it. Lists are sorted by these fields. */
export interface Described extends Readonly<Record<string, unknown>> {
  readonly FunctionName: string;
  /** `$LATEST` or a number. */
  readonly Version: string;
}

/** https://docs.aws.amazon.com/lambda/latest/api/API_FunctionConfiguration.html */
export function functionConfiguration(
  name: string,
  snapshot: Snapshot,
  arn: string,
  version: string,
): Described {
  const { configuration, codeSha256, codeSize, lastModified, revisionId } = snapshot;
  const variables = configuration.environment;
  return {
    FunctionName: name,
    FunctionArn: arn,
    Runtime: configuration.runtime,
    Role: configuration.roleArn,
    Handler: configuration.handler,
    CodeSize: codeSize,
    Description: configuration.description,
    Timeout: configuration.timeout,
    MemorySize: configuration.memorySize,
    LastModified: lastModified,
    CodeSha256: codeSha256,
    Version: version,
    ...(Object.keys(variables).length > 0 ? { Environment: { Variables: variables } } : {}),
    TracingConfig: { Mode: 'PassThrough' },
    RevisionId: revisionId,
    State: 'Active',
    LastUpdateStatus: 'Successful',
    PackageType: 'Zip',
    Architectures: [configuration.architecture],
    EphemeralStorage: { Size: configuration.ephemeralStorage },
    SnapStart: { ApplyOn: 'None', OptimizationStatus: 'Off' },
    LoggingConfig: loggingConfig(configuration),
  };
}

/** https://docs.aws.amazon.com/lambda/latest/api/API_LoggingConfig.html */
function loggingConfig({ logFormat, logGroup, applicationLogLevel, systemLogLevel }: Configuration): object {
  const levels = {
    ApplicationLogLevel: applicationLogLevel ?? 'INFO',
    SystemLogLevel: systemLogLevel ?? 'INFO',
  };
  return { LogFormat: logFormat, LogGroup: logGroup, ...(logFormat === 'JSON' ? levels : {}) };
}

/** Returns `$LATEST` and each version, oldest first. Lists name them by their qualified ARNs. */
export function allVersions({ name, latest, versions }: FunctionRecord): Described[] {
  return [{ ...latest, version: '$LATEST' }, ...versions].map((snapshot) =>
    functionConfiguration(name, snapshot, functionArn(name, snapshot.version), snapshot.version),
  );
}
