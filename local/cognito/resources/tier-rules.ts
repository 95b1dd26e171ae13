import { notEmbedded, notInTier } from '../errors.ts';

/** The settings of a pool that its feature plan decides on. */
interface TierSettings {
  readonly UserPoolTier?: string | undefined;
  readonly UserPoolAddOns?: { readonly AdvancedSecurityMode?: string | undefined } | undefined;
  readonly Policies?:
    | {
        readonly PasswordPolicy?: { readonly PasswordHistorySize?: number | undefined } | undefined;
        readonly SignInPolicy?:
          | { readonly AllowedFirstAuthFactors?: readonly string[] | undefined }
          | undefined;
      }
    | undefined;
}

/**
 * Refuses what a pool's plan lacks (ESSENTIALS where none is given), and what the embedded Cognito lacks whatever the
 * plan. Email MFA is judged with the other factors, in `checkMfa`.
 * https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-sign-in-feature-plans.html
 *
 * @throws AwsError `FeatureUnavailableInTierException`, or `InvalidParameterException` for what is not embedded
 */
export function checkPoolTier({ UserPoolTier: tier = 'ESSENTIALS', ...settings }: TierSettings): void {
  const factors = settings.Policies?.SignInPolicy?.AllowedFirstAuthFactors ?? [];
  const threats = settings.UserPoolAddOns?.AdvancedSecurityMode ?? 'OFF';
  const history = settings.Policies?.PasswordPolicy?.PasswordHistorySize ?? 0;
  if (history > 0)
    throw tier === 'LITE' ? notInTier('Password history', tier) : notEmbedded('PasswordHistorySize');
  if (factors.some((factor) => factor !== 'PASSWORD')) {
    throw tier === 'LITE' ? notInTier('Passwordless sign-in', tier) : notEmbedded('passwordless sign-in');
  }
  if (threats !== 'OFF') {
    throw tier === 'PLUS' ? notEmbedded('threat protection') : notInTier('Threat protection', tier);
  }
}
