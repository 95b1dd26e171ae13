/** Password policy of the user pools that `deploy` creates. Shown where a password is chosen. */
export const PASSWORD_POLICY = {
  minLength: 12,
  requireDigits: true,
  requireLowercase: true,
  requireUppercase: true,
  requireSymbols: true,
} as const;
