import type { StackOptions } from '../../../infra/options.ts';
import { isUserError } from '../../errors.ts';
import { issuerDocument } from '../../trust/trust-document.ts';
import { kindOf, nameOf, OPTION_NAMES } from '../options/kinds.ts';
import type { OptionName } from '../options/option-kind.ts';

const HEADER = ` What is deployed. To apply it: edge-upload deploy --file edge-upload.yaml
 It is the whole: options that it does not name are reset, and issuers that are not in it are removed.`;

/** Returns an option's value as it stands in a file: `5GiB` and `90m` instead of bytes and minutes, where that is exact. */
function written(option: OptionName, value: unknown): unknown {
  const { flag, parse, show } = kindOf(option);
  if (typeof value !== 'number') return value;
  const words = [show(value).replace(' ', ''), `${value}m`];
  return words.find((word) => isExact(() => parse(word, flag), value)) ?? value;
}

function isExact(parse: () => unknown, value: number): boolean {
  try {
    return parse() === value;
  } catch (error) {
    // Such words are not for this option.
    if (isUserError(error)) return false;
    throw error;
  }
}

/** Returns the options and trusted issuers of a deployment as the text of a deployment file. */
export async function writeDeployment({ trust = [], ...options }: StackOptions): Promise<string> {
  const { Document } = await import('yaml');
  const set = OPTION_NAMES.flatMap((option) => {
    const value = options[option];
    return value === undefined ? [] : [[nameOf(option), written(option, value)]];
  });
  const issuers = trust.length === 0 ? {} : { issuers: trust.map(issuerDocument) };
  const document = new Document({ ...Object.fromEntries(set), ...issuers });
  document.commentBefore = HEADER;
  return document.toString({ lineWidth: 0 });
}
