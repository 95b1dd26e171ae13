export interface SchemaAttribute {
  /** With its `custom:` prefix. */
  readonly name: string;
  readonly type: 'String' | 'Number' | 'DateTime' | 'Boolean';
  readonly mutable: boolean;
  readonly required: boolean;
  readonly min?: number;
  readonly max?: number;
}

/** The standard attributes of every pool, https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-attributes.html */
export const STANDARD: readonly SchemaAttribute[] = [
  ...[
    'name',
    'given_name',
    'family_name',
    'middle_name',
    'nickname',
    'preferred_username',
    'profile',
    'picture',
    'website',
    'email',
    'gender',
    'zoneinfo',
    'locale',
    'phone_number',
    'address',
  ].map((name) => ({
    name,
    type: 'String' as const,
    mutable: true,
    required: false,
    min: 0,
    max: 2048,
  })),
  { name: 'birthdate', type: 'String', mutable: true, required: false, min: 10, max: 10 },
  { name: 'email_verified', type: 'Boolean', mutable: true, required: false },
  { name: 'phone_number_verified', type: 'Boolean', mutable: true, required: false },
  { name: 'updated_at', type: 'Number', mutable: true, required: false, min: 0 },
];

export const isStandardAttribute = (name: string) => STANDARD.some((attribute) => attribute.name === name);
