import type { StackOptions } from '../../../infra/options.ts';
import { omitUndefined } from '../../../protocol/omit-undefined.ts';
import type { HintLine } from '../../command-line.ts';
import type { Result } from '../../context.ts';
import type { JsonValue } from '../../json-value.ts';
import { OUTPUT, type StackOutputs } from '../find-stack.ts';
import { describeOptions, optionsJson } from '../options/describe-options.ts';
import { issuerWords } from '../options/trusted-issuers.ts';
import type { StackWork } from '../stack-work.ts';

interface Deployed {
  readonly outcome: string;
  readonly outputs: StackOutputs;
  readonly url: string;
  readonly options: StackOptions;
  /** Lines that say what to do next. */
  readonly next: readonly HintLine[];
  /** Of the policy of the KMS key that objects are encrypted with. */
  readonly keyPolicyStatement?: JsonValue;
}

/** Returns what a deploy prints at its end. */
export function deployedResult(
  { stackName, local }: StackWork,
  { outcome, outputs, url, options, next, keyPolicyStatement }: Deployed,
): Result {
  const named = (['domain', 'bucket', 'userPoolId', 'clientId'] as const).flatMap((key) => {
    const value = outputs[key];
    return value === undefined ? [] : [[OUTPUT[key], value] as const];
  });
  const headline =
    outcome === 'unchanged'
      ? `The stack ${stackName} is up to date: nothing to change.`
      : `Deployed the stack ${stackName}.`;
  return {
    document: {
      stackName,
      outcome,
      url,
      local: local !== undefined,
      outputs: Object.fromEntries(named),
      options: optionsJson(options),
      ...omitUndefined({ keyPolicyStatement }),
    },
    text: [
      { mark: 'done', text: headline },
      `  ${url}`,
      '',
      ...named.map(([name, value]) => `  ${name.padEnd(26)}${value}`),
      ...describeOptions(options).flatMap(({ flag, value, text }) =>
        value === undefined ? [] : [`  ${flag.padEnd(26)}${text}`],
      ),
      ...(options.trust ?? []).map((one) => `  ${`trust ${one.alias}`.padEnd(26)}${issuerWords(one)}`),
      ...nameHint(options, outputs, local !== undefined),
      ...next,
    ],
  };
}

/** DNS is the operator's. https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/CNAMEs.html */
function nameHint({ domain: name }: StackOptions, outputs: StackOutputs, local: boolean): string[] {
  if (name === undefined) return [];
  const { domain: edge = '' } = outputs;
  const [address = '', port = ''] = edge.split(':');
  return local
    ? ['', `For https://${name}:${port} a line of the hosts file is needed:`, `  ${address}  ${name}`]
    : ['', 'Point the name at the edge in your DNS, unless it does so already:', `  ${name}  CNAME  ${edge}`];
}
