import { isDeepStrictEqual } from 'node:util';
import type { BakedConfig, EdgeIssuer } from '../../../edge/config.ts';
import type { TrustedKeys } from '../../../infra/edge-code.ts';
import type { StackOptions } from '../../../infra/options.ts';
import { omitUndefined } from '../../../protocol/fields.ts';
import { onAws } from '../aws-failures.ts';
import type { FoundStack } from '../find-stack.ts';
import type { StackWork } from '../stack-work.ts';

/** What is read of a template. */
interface Template {
  readonly Resources?: Readonly<
    Record<
      string,
      { readonly Type: string; readonly Properties?: { readonly Code?: { readonly ZipFile?: unknown } } }
    >
  >;
  readonly Outputs?: object;
}

/** A stack, and the template that it was made from. */
export interface DeployedStack {
  readonly stack: FoundStack;
  readonly template: string;
}

/** Returns the template that the stack was made from, as it was sent. */
export async function deployedTemplate({ clients, stackName }: StackWork, stackId: string): Promise<string> {
  const { GetTemplateCommand } = await import('@aws-sdk/client-cloudformation');
  const { TemplateBody = '{}' } = await onAws(`Reading the template of the stack “${stackName}”`, () =>
    clients.cloudformation.send(new GetTemplateCommand({ StackName: stackId, TemplateStage: 'Original' })),
  );
  return TemplateBody;
}

/** Returns the template of a stack. `undefined` where there is none, or one that is only planned, which has no template. */
export async function templateIfThere(
  work: StackWork,
  stack: FoundStack | undefined,
): Promise<string | undefined> {
  if (stack === undefined || stack.status === 'REVIEW_IN_PROGRESS') return undefined;
  return deployedTemplate(work, stack.id);
}

/** Returns what is baked into the edge function of a template: see infra/edge-code.ts. `undefined` without a function. */
export function bakedConfig(templateBody = '{}'): BakedConfig | undefined {
  const { Resources = {} } = JSON.parse(templateBody) as Template;
  for (const { Type, Properties } of Object.values(Resources)) {
    const code = Properties?.Code?.ZipFile;
    if (Type !== 'AWS::Lambda::Function' || typeof code !== 'string') continue;
    const [, config] = /^const EDGE_CONFIG=(\{.*\});\n/.exec(code) ?? [];
    if (config !== undefined) return JSON.parse(config) as BakedConfig;
  }
  return undefined;
}

/** Returns the keys of an issuer in what is baked; `undefined` for one that is not. */
export function keysIn(baked: BakedConfig | undefined, alias: string): EdgeIssuer['keys'] | undefined {
  return baked?.issuers?.find((one) => one.alias === alias)?.keys;
}

/** Returns the keys of trusted issuers, and the signing keys, as they are baked. */
export function bakedKeys(templateBody: string, { trust = [] }: StackOptions): TrustedKeys {
  const config = bakedConfig(templateBody);
  const keySets = trust.map(({ alias }) => [alias, keysIn(config, alias) ?? []] as const);
  return {
    keySets: Object.fromEntries(keySets),
    ...omitUndefined({ bakedAt: config?.bakedAt, signing: config?.signing?.keys }),
  };
}

/** CloudFormation types of the resources in which two templates differ, sorted; empty where they come to the same. */
export function differingTypes(one: string, other: string): string[] {
  const { Resources: left = {}, Outputs: leftOutputs } = JSON.parse(one) as Template;
  const { Resources: right = {}, Outputs: rightOutputs } = JSON.parse(other) as Template;
  const ids = new Set([...Object.keys(left), ...Object.keys(right)]);
  const types = [...ids].flatMap((id) =>
    isDeepStrictEqual(left[id], right[id]) ? [] : [left[id]?.Type ?? right[id]?.Type ?? ''],
  );
  const stack = isDeepStrictEqual(leftOutputs, rightOutputs) ? [] : ['AWS::CloudFormation::Stack'];
  return [...new Set([...types, ...stack])].sort();
}
