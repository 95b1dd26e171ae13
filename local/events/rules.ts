import type { JsonObject } from '../json.ts';
import { type JsonFile, JsonRecords } from '../json-file.ts';
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

/** The account's rules, by ARN. */
export class Rules extends JsonRecords<Rule> {
  constructor(file: JsonFile<readonly Rule[]>) {
    super(file, ({ arn }) => arn);
  }
}
