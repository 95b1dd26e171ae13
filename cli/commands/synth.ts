import { omitUndefined } from '../../protocol/fields.ts';
import type { Context, Result } from '../context.ts';
import { timeAtAws } from '../stack/aws-calls.ts';
import { findStack } from '../stack/find-stack.ts';
import { readOptions, requireDeployable } from '../stack/options/deployed-options.ts';
import { askedOptions, mergeOptions, type OptionFlags } from '../stack/options/merge-options.ts';
import { readLogo } from '../stack/options/page-logo.ts';
import { verifyingKeys } from '../stack/signing/signing-key.ts';
import { withoutEnded } from '../stack/signing/signing-options.ts';
import { trustedKeys } from '../stack/template/key-sets.ts';
import { bakedConfig, templateIfThere, wantedTemplate } from '../stack/template/template.ts';
import { type OperatorArgs, targetOrDefault, withStack } from './operator.ts';

/** Prints the template that a deploy with the same options would apply, and changes nothing. */
export async function synth(context: Context, args: OperatorArgs & OptionFlags): Promise<Result> {
  const pageLogo = args.pageLogo && (await readLogo(context, args.pageLogo));
  const { given, unset } = askedOptions({ ...args, ...omitUndefined({ pageLogo }) });
  const target = await targetOrDefault(context, args);
  return withStack(context, target, args, async (work) => {
    const stack = await findStack(work);
    const deployed = await templateIfThere(work, stack);
    const options = withoutEnded(mergeOptions(readOptions(deployed), given, unset), timeAtAws(work));
    requireDeployable(options);
    const trusted = await trustedKeys(work, options, bakedConfig(deployed));
    const { signing } = await verifyingKeys(work, options, stack);
    const template = await wantedTemplate(work, stack, options, {
      ...trusted,
      ...omitUndefined({ signing }),
    });
    if (stack === undefined) {
      context.ui.event({
        type: 'note',
        text: `There is no stack ${work.stackName} yet: this is created first. The edge follows, with the keys of the issuers in its function.`,
      });
    }
    return {
      document: JSON.parse(template),
      text: JSON.stringify(JSON.parse(template), undefined, 2).split('\n'),
    };
  });
}
