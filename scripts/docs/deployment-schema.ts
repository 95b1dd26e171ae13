import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { KINDS, OPTION_NAMES, optionName } from '../../cli/stack/options/kinds.ts';
import { PRESET_NAMES } from '../../cli/trust/presets.ts';

/*
 * Writes the JSON schema of deployment files, with which editors complete and check them: `npm run docs:schema`. The
 * program does not read it: cli/stack/deployment-file.ts checks more.
 */

const FILE = join(import.meta.dirname, '../../assets/edge-upload.schema.json');

type Schema = Readonly<Record<string, unknown>>;

const TEXT = { type: 'string', minLength: 1 };
const TEXTS = { oneOf: [TEXT, { type: 'array', items: TEXT, minItems: 1 }] };
const FLAG = { type: 'boolean' };

function mapping(properties: Readonly<Record<string, Schema>>, required: readonly string[] = []): Schema {
  return { type: 'object', properties, required, additionalProperties: false };
}

function optionSchema(name: (typeof OPTION_NAMES)[number]): Schema {
  const { argument, repeats, choices, summary, details, takes } = KINDS[name];
  const description = [summary, ...(argument === undefined ? [] : [`Takes ${takes}`]), details]
    .flatMap((one) => (one === undefined ? [] : `${one.replace(/\.$/, '')}.`))
    .join(' ');
  if (argument === undefined) return { description, ...FLAG };
  if (repeats === 'list') return { description, ...TEXTS };
  if (repeats === 'pairs') return { description, type: 'object', additionalProperties: TEXT };
  if (choices === undefined) return { description, type: ['string', 'integer'] };
  // YAML reads 1.3 and 100 as numbers.
  const numbers = choices.map(Number).filter((one) => !Number.isNaN(one));
  return { description, enum: [...choices, ...numbers] };
}

const RULE = mapping({
  when: {
    description: 'Claims with their accepted values. Every claim must have one of its values.',
    type: 'object',
    additionalProperties: TEXTS,
    minProperties: 1,
  },
  writeTo: {
    description: 'Prefix of keys. Placeholders: {name}, {sub}, {group}, {issuer} or the name of a claim.',
    ...TEXT,
  },
  maxSize: {
    description: 'Largest object, such as 5G, or in bytes.',
    oneOf: [TEXT, { type: 'integer', minimum: 1 }],
  },
  noClobber: { description: 'Never replace existing objects.', ...FLAG },
  shared: { description: 'Callers of other issuers can write the same keys.', ...FLAG },
  anyRepository: { description: 'GitHub: accept jobs of all repositories of the owner.', ...FLAG },
  anyProject: { description: 'GitLab: accept jobs of all projects of the namespace.', ...FLAG },
  note: { description: 'What the ids stand for. For people only.', ...TEXT },
});

const ISSUER = mapping(
  {
    alias: { description: 'Short name of the issuer.', ...TEXT },
    provider: { description: 'Preset whose defaults apply.', enum: PRESET_NAMES },
    kind: { enum: ['people', 'workload'] },
    issuer: { description: 'Value of iss in its tokens.', ...TEXTS },
    token: { description: 'Kind of token that the edge accepts.', enum: ['access', 'id'] },
    audience: { description: "Value of aud. Default: the edge's address.", ...TEXTS },
    clientId: TEXT,
    clientSecretPublic: {
      description: 'The “client secret” of a desktop app, which is public.',
      ...TEXT,
    },
    scopes: TEXTS,
    name: { description: 'Claim for {name}.', ...TEXT },
    groups: { description: 'Claim for {group}.', ...TEXT },
    maxAge: { description: 'Maximum seconds for which a token is valid.', type: 'integer', minimum: 1 },
    rules: {
      description: 'Rules, in order. The first that matches applies.',
      type: 'array',
      items: RULE,
      minItems: 1,
    },
  },
  ['issuer', 'rules'],
);

/** Returns the schema as the content of its file. */
export function deploymentSchema(): string {
  const options = OPTION_NAMES.map((name) => [optionName(name), optionSchema(name)] as const);
  const schema = {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'edge-upload.yaml: a deployment of edge-upload',
    description: 'The whole deployment. Options that it does not name are reset.',
    ...mapping({
      ...Object.fromEntries(options),
      issuers: { description: 'Trusted issuers other than the user pool.', type: 'array', items: ISSUER },
    }),
  };
  return `${JSON.stringify(schema, undefined, 2)}\n`;
}

if (process.argv[1] === import.meta.filename) writeFileSync(FILE, deploymentSchema());
