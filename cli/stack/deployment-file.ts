import type { StackOptions } from '../../infra/options.ts';
import { command } from '../command-line.ts';
import { isUserError } from '../errors.ts';
import { parseYaml, type YamlMapping, type YamlValue } from '../settings/yaml-file.ts';
import { type IssuerEntry, issuerDocument, issuersOf } from '../trust/trust-file.ts';
import { isValidOption } from './options/deployed-options.ts';
import { KINDS, OPTION_NAMES, optionName } from './options/kinds.ts';
import type { OptionName } from './options/option-kind.ts';
import { storedLogo } from './options/page-logo.ts';

/** A deployment as a file describes it: the whole of it. */
export interface DeploymentFile {
  readonly options: StackOptions;
  readonly issuers: readonly IssuerEntry[];
}

const HINT = [
  'In such a file, each option has the name of its flag:',
  '  max-size: 5G',
  'Print the file of the current deployment:',
  command`edge-upload status --yaml`,
];

/** Returns a value as the command line would have given it. */
function typedOf(option: OptionName, value: YamlValue): unknown {
  const { argument, repeats } = KINDS[option];
  if (argument === undefined) return value.flag();
  if (repeats === 'list') return value.texts();
  if (repeats === 'pairs') {
    const members = value.mapping().rest();
    return Object.fromEntries(members.map(([name, one]) => [name, one.text()]));
  }
  return typeof value.value === 'number' ? String(value.value) : value.text();
}

async function optionOf(
  option: OptionName,
  value: YamlValue,
  readLogo: (path: string) => Promise<string>,
): Promise<unknown> {
  const { parse, takes } = KINDS[option];
  let typed = typedOf(option, value);
  // The drawing itself, as `status --yaml` prints it, or a file.
  if (option === 'pageLogo') {
    const text = String(typed);
    const isDrawing = text.trimStart().startsWith('<');
    typed = isDrawing ? value.parse((where) => storedLogo(text, where)) : text && (await readLogo(text));
  }
  const read = value.parse((where) => parse(typed, where));
  return isValidOption(option, read) ? read : value.fail(`is not valid. Use ${takes}`);
}

async function optionsOf(
  file: YamlMapping,
  readLogo: (path: string) => Promise<string>,
): Promise<StackOptions> {
  const read: [OptionName, unknown][] = [];
  for (const option of OPTION_NAMES) {
    const value = file.take(optionName(option));
    if (value !== undefined) read.push([option, await optionOf(option, value, readLogo)]);
  }
  return Object.fromEntries(read);
}

/**
 * Reads a deployment file: YAML with the options under the names of their flags, and `issuers` as in a trust file.
 * @param name of the file, for errors
 * @param readLogo returns the drawing in a file that `page-logo` names
 * @throws {UserError} `usage` naming the line and the place
 */
export async function readDeployment(
  text: string,
  name: string,
  readLogo: (path: string) => Promise<string>,
): Promise<DeploymentFile> {
  const file = (await parseYaml(text, name, HINT)).mapping();
  const issuers = file.take('issuers');
  const options = await optionsOf(file, readLogo);
  file.end();
  return { options, issuers: issuers === undefined ? [] : issuersOf(issuers) };
}

const HEADER = ` What is deployed. To apply it: edge-upload deploy --file edge-upload.yaml
 It is complete: options that it omits are reset, and issuers that it omits are removed.`;

/** Returns an option's value as it stands in a file: `5GiB` and `90m` instead of bytes and minutes, where that is exact. */
function written(option: OptionName, value: unknown): unknown {
  const { flag, parse, show } = KINDS[option];
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
    return value === undefined ? [] : [[optionName(option), written(option, value)]];
  });
  const issuers = trust.length === 0 ? {} : { issuers: trust.map(issuerDocument) };
  const document = new Document({ ...Object.fromEntries(set), ...issuers });
  document.commentBefore = HEADER;
  return document.toString({ lineWidth: 0 });
}
