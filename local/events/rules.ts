import type { JsonObject } from '../json.ts';
import type { JsonFile } from '../json-file.ts';
import type { InputTransformer } from './transformer.ts';

/** A rule of the default event bus. */
export interface Rule {
  readonly name: string;
  readonly arn: string;
  /** The create request that created it, so that a repeated request finds it. */
  readonly creator: string;
  readonly pattern: JsonObject;
  readonly isEnabled: boolean;
  readonly targets: readonly {
    readonly Arn: string;
    readonly InputTransformer: InputTransformer | undefined;
  }[];
}

/** The account's rules, in one file. */
export class Rules {
  readonly #file: JsonFile<readonly Rule[]>;
  readonly #rules: Map<string, Rule>;

  constructor(file: JsonFile<readonly Rule[]>) {
    this.#file = file;
    this.#rules = new Map((file.read() ?? []).map((rule) => [rule.arn, rule]));
  }

  all(): readonly Rule[] {
    return [...this.#rules.values()];
  }

  find(arn: string): Rule | undefined {
    return this.#rules.get(arn);
  }

  save(rule: Rule): Rule {
    this.#rules.set(rule.arn, rule);
    this.#file.write(this.all());
    return rule;
  }

  remove(arn: string): void {
    if (this.#rules.delete(arn)) this.#file.write(this.all());
  }
}
