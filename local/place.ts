import { AwsError, notSupported } from './wire/errors.ts';

/** The error codes of each protocol for malformed and for invalid input. */
export const REQUEST_CODES = {
  json: { malformed: 'SerializationException', invalid: 'InvalidParameterException' },
  query: { malformed: 'MalformedInput', invalid: 'ValidationError' },
} as const;

/** Member names and zero-based list positions, outermost first. */
type Path = readonly (string | number)[];

/** One constraint that a value violates. */
interface Problem {
  readonly path: Path;
  /** In the words of CloudFormation's resource models. */
  readonly model: string;
  /** In the words of AWS's APIs. */
  readonly api: string;
  readonly value: string | undefined;
}

/** A template, or a request of AWS's JSON or query protocol. */
export type InputFormat = 'template' | 'json' | 'query';

/** The place of a value in a template or a request, and the problems found so far. */
export class Place {
  readonly source: InputFormat;
  /** The error code for invalid input. */
  readonly invalid: string;
  readonly problems: Problem[];
  readonly #path: Path;

  constructor(source: InputFormat, invalid: string, path: Path = [], problems: Problem[] = []) {
    this.source = source;
    this.invalid = invalid;
    this.#path = path;
    this.problems = problems;
  }

  at(step: string | number): Place {
    return new Place(this.source, this.invalid, [...this.#path, step], this.problems);
  }

  /**
   * Adds a problem, in the words of CloudFormation's resource models and of AWS's APIs. Errors of the query protocol
   * repeat the value.
   */
  fail(model: string, api: string, value?: string): undefined {
    this.problems.push({ path: this.#path, model, api, value });
    return undefined;
  }

  /** @throws AwsError for a request, with the code for malformed input, because AWS checks types before constraints */
  failType(model: string, api = model): undefined {
    if (this.source === 'template') return this.fail(`expected type: ${model}`, '');
    const where = this.#path.length === 0 ? '' : ` at ${this}`;
    throw new AwsError(
      REQUEST_CODES[this.source].malformed,
      `Unexpected value type in payload: ${api} expected${where}`,
    );
  }

  /** @throws AwsError always */
  notSupported(value = ''): never {
    const name = this.source === 'template' ? `property ${this}` : `parameter ${this.#path.join('.')}`;
    throw notSupported(`the ${name}${value === '' ? '' : ` with the value ${value}`}`, this.invalid);
  }

  /** Such as `#/Tags/0/Key` in a template and `tags.1.member.key` in a request. */
  toString(): string {
    return pathText(this.source, this.#path);
  }

  /** Such as `#/Timeout: 901 is not less or equal to 900`. */
  modelProblems(): string[] {
    return this.problems.map(({ path, model }) => `${pathText('template', path)}: ${model}`);
  }

  /** Such as `Value null at 'name' failed to satisfy constraint: Member must not be null`. */
  apiProblems(): string[] {
    return this.problems.map(({ path, api, value }) => {
      const quoted = this.source === 'query' && value !== undefined ? ` '${value}'` : '';
      return `Value${api === 'Member must not be null' ? ' null' : quoted} at '${pathText(this.source, path)}' failed to satisfy constraint: ${api}`;
    });
  }
}

function pathText(source: InputFormat, path: Path): string {
  if (source === 'template') return ['#', ...path].join('/');
  const lower = (name: string) => name.charAt(0).toLowerCase() + name.slice(1);
  return path.map((step) => (typeof step === 'number' ? `${step + 1}.member` : lower(step))).join('.');
}
