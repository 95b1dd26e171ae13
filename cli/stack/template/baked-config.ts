import type { BakedConfig, EdgeIssuer } from '../../../edge/config.ts';
import type { TrustedKeys } from '../../../infra/edge-keys.ts';
import type { StackOptions } from '../../../infra/options.ts';
import { omitUndefined } from '../../../protocol/omit-undefined.ts';

interface Template {
  readonly Resources?: Readonly<
    Record<
      string,
      { readonly Type: string; readonly Properties?: { readonly Code?: { readonly ZipFile?: unknown } } }
    >
  >;
}

/** Returns what is baked into the edge function of a template: see infra/edge-code.ts. `undefined` without a function. */
export function bakedConfig(templateBody: string): BakedConfig | undefined {
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
