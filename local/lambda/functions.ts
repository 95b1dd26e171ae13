import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { AwsError } from '../wire/errors.ts';
import {
  functionArn,
  functionNotFound,
  invalidParameter,
  LATEST,
  parseVersionArn,
  replicated,
} from './arn.ts';
import type { Configuration, FunctionRecord, PublishedVersion, Snapshot } from './model.ts';
import type { FunctionStore } from './store.ts';

export interface FunctionsOptions {
  readonly store: FunctionStore;
  readonly now: () => Date;
  /** Whether CloudFront still has replicas of a version. */
  readonly isReplicated: (versionArn: string) => boolean;
  /** Services that a role trusts; `undefined` if the role does not exist. */
  readonly roleTrusts: (roleArn: string) => readonly string[] | undefined;
  /** Called with deleted versions. */
  readonly onDeleted: (versionArns: readonly string[]) => void;
}

export interface FunctionInput {
  readonly name: string;
  readonly creator: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly configuration: Configuration;
  /** The text of `index.js`. */
  readonly code: string;
  /** URLs of the key sets that the code is allowed to fetch. */
  readonly keySets: readonly string[];
}

/** A published version with the name of its function. */
export interface NamedVersion extends PublishedVersion {
  readonly name: string;
}

/** Operations on functions for the API and CloudFormation. Errors are thrown as `AwsError`. */
export class Functions {
  readonly #options: FunctionsOptions;

  constructor(options: FunctionsOptions) {
    this.#options = options;
  }

  list(): FunctionRecord[] {
    return this.#options.store.list();
  }

  find(name: string): FunctionRecord | undefined {
    return this.#options.store.find(name);
  }

  get(name: string): FunctionRecord {
    const record = this.find(name);
    if (record === undefined) throw functionNotFound(functionArn(name));
    return record;
  }

  /** A published version, or `$LATEST`. */
  snapshot(name: string, version: string = LATEST): Snapshot & { readonly version: string } {
    const { latest, versions } = this.get(name);
    if (version === LATEST) return { ...latest, version };
    const found = versions.find((candidate) => candidate.version === version);
    if (found === undefined) throw functionNotFound(functionArn(name, version));
    return found;
  }

  /** Returns a published version by its ARN; `undefined` if there is none. */
  findVersion(versionArn: string): NamedVersion | undefined {
    const { name = '', version } = parseVersionArn(versionArn) ?? {};
    const found = this.find(name)?.versions.find((candidate) => candidate.version === version);
    return found && { ...found, name };
  }

  /** Creates a function. Idempotent for the same `creator`. */
  create({ creator, tags, ...input }: FunctionInput): FunctionRecord {
    const { store } = this.#options;
    const { name } = input;
    const existing = store.find(name);
    if (existing?.creator === creator) return existing;
    if (existing) throw new AwsError('ResourceConflictException', `Function already exist: ${name}`, 409);
    const latest = this.#snapshot(input);
    const record = { name, creator, tags, latest, versions: [], lastVersion: 0 };
    store.save(record);
    return record;
  }

  update({ tags, ...input }: Omit<FunctionInput, 'creator'>): FunctionRecord {
    const record = this.get(input.name);
    const changed = { ...record, tags, latest: this.#snapshot(input) };
    this.#options.store.save(changed);
    return changed;
  }

  /**
   * Publishes `$LATEST` for CloudFormation. Fails if nothing has changed since the last version.
   * https://docs.aws.amazon.com/lambda/latest/dg/configuration-versions.html
   */
  publish(
    name: string,
    creator: string,
    input: { description?: string | undefined; codeSha256?: string | undefined },
  ): PublishedVersion {
    const record = this.get(name);
    const made = record.versions.find((version) => version.creator === creator);
    if (made) return made;
    const { latest } = record;
    if (input.codeSha256 !== undefined && input.codeSha256 !== latest.codeSha256) {
      throw invalidParameter(
        `CodeSHA256 (${input.codeSha256}) is different from current CodeSHA256 in $LATEST (${latest.codeSha256}). ` +
          'Please try again with the CodeSHA256 in $LATEST.',
      );
    }
    const last = record.versions.at(-1);
    if (last && sameContent(last, latest)) {
      throw new AwsError(
        'AlreadyExists',
        `A version for this Lambda function exists ( ${last.version} ). Modify the function to create a new version.`,
        409,
      );
    }
    const { description = latest.configuration.description } = input;
    const number = record.lastVersion + 1;
    const version: PublishedVersion = {
      ...latest,
      configuration: { ...latest.configuration, description },
      lastModified: this.#timestamp(),
      revisionId: randomUUID(),
      version: String(number),
      creator,
    };
    this.#options.store.save({ ...record, versions: [...record.versions, version], lastVersion: number });
    return version;
  }

  /** Deletes a function with all its versions. */
  delete(name: string): void {
    const arns = this.get(name).versions.map(({ version }) => functionArn(name, version));
    const held = arns.find((arn) => this.#options.isReplicated(arn));
    if (held !== undefined) throw replicated(held);
    this.#options.store.remove(name);
    this.#options.onDeleted(arns);
  }

  /** Deletes one version. Does nothing if it does not exist. */
  deleteVersion(name: string, version: string): void {
    if (version === LATEST) {
      throw invalidParameter('$LATEST version cannot be deleted without deleting the function.');
    }
    if (!/^\d+$/.test(version)) throw invalidParameter('Deletion of aliases is not currently supported.');
    const record = this.get(name);
    const arn = functionArn(name, version);
    if (this.#options.isReplicated(arn)) throw replicated(arn);
    this.#options.store.save({
      ...record,
      versions: record.versions.filter((candidate) => candidate.version !== version),
    });
    this.#options.onDeleted([arn]);
  }

  code(name: string, { codeSha256 }: Snapshot): string {
    return this.#options.store.code(name, codeSha256);
  }

  #checkRole(roleArn: string): void {
    const trusts = this.#options.roleTrusts(roleArn);
    if (trusts === undefined) throw invalidParameter('The role defined for the function cannot be found.');
    if (!trusts.includes('lambda.amazonaws.com')) {
      throw invalidParameter('The role defined for the function cannot be assumed by Lambda.');
    }
  }

  #snapshot({ name, configuration, code, keySets }: Omit<FunctionInput, 'creator' | 'tags'>): Snapshot {
    this.#checkRole(configuration.roleArn);
    return {
      configuration,
      codeSha256: this.#options.store.saveCode(name, code),
      codeSize: Buffer.byteLength(code),
      keySets,
      lastModified: this.#timestamp(),
      revisionId: randomUUID(),
    };
  }

  #timestamp(): string {
    return this.#options.now().toISOString().replace('Z', '+0000');
  }
}

/** Whether two snapshots have the same code and configuration, ignoring the version's description. */
function sameContent(a: Snapshot, b: Snapshot): boolean {
  const bare = ({ configuration, codeSha256 }: Snapshot) => ({
    ...configuration,
    description: '',
    codeSha256,
  });
  return isDeepStrictEqual(bare(a), bare(b));
}
