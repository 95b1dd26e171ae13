/** Second factors, by the names that challenges, templates and preferences call them. */
export const FACTORS = ['SMS_MFA', 'SOFTWARE_TOKEN_MFA', 'EMAIL_OTP'] as const;
export type Factor = (typeof FACTORS)[number];

/** Factors that are sent as a message, and the attribute with the address. */
export const ADDRESS = { SMS_MFA: 'phone_number', EMAIL_OTP: 'email' } as const;
export type MessageFactor = keyof typeof ADDRESS;

export const isMessageFactor = (factor: Factor): factor is MessageFactor => factor in ADDRESS;
