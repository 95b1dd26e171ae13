/** Password policy of the user pools that `deploy` creates. It is shown wherever a user chooses a password. */
export const PASSWORD_POLICY = {
  minLength: 12,
  requireDigits: true,
  requireLowercase: true,
  requireUppercase: true,
  requireSymbols: true,
} as const;
