import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { kindOf, nameOf, OPTION_NAMES } from '../../cli/stack/options/kinds.ts';
import { PRESET_NAMES } from '../../cli/trust/presets.ts';

/*
 * Writes the JSON schema of deployment files, by which editors complete and check them: `npm run docs:schema`. The program
 * does not read it: read-deployment.ts checks more.
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
  const { argument, repeats, choices, summary, details, takes } = kindOf(name);
  const description = [summary, ...(argument === undefined ? [] : [`Takes ${takes}`]), details]
    .flatMap((one) => (one === undefined ? [] : `${one.replace(/\.$/, '')}.`))
    .join(' ');
  if (argument === undefined) return { description, ...FLAG };
  if (repeats === 'list') return { description, ...TEXTS };
  if (repeats === 'pairs') return { description, type: 'object', additionalProperties: TEXT };
  if (choices === undefined) return { description, type: ['string', 'integer'] };
  // 1.3 and 100 are numbers to YAML.
  const numbers = choices.map(Number).filter((one) => !Number.isNaN(one));
  return { description, enum: [...choices, ...numbers] };
}

const RULE = mapping({
  when: {
    description: 'Claims and their values; all claims must fit, and any value of one.',
    type: 'object',
    additionalProperties: TEXTS,
    minProperties: 1,
  },
  writeTo: {
    description: 'The prefix of keys: {name}, {sub}, {group}, {issuer} or a claim by name.',
    ...TEXT,
  },
  maxSize: {
    description: 'The largest object, such as 5G, or bytes.',
    oneOf: [TEXT, { type: 'integer', minimum: 1 }],
  },
  noClobber: { description: 'Objects that exist are not replaced.', ...FLAG },
  shared: { description: 'Callers of other issuers may write the same keys.', ...FLAG },
  anyRepository: { description: 'GitHub: jobs of every repository of the owner.', ...FLAG },
  anyProject: { description: 'GitLab: jobs of every project of the namespace.', ...FLAG },
  note: { description: 'What the ids stand for, for people.', ...TEXT },
});

const ISSUER = mapping(
  {
    alias: { description: 'Its short name here.', ...TEXT },
    provider: { description: 'Whose defaults it has.', enum: PRESET_NAMES },
    kind: { enum: ['people', 'workload'] },
    issuer: { description: 'The value of iss in its tokens.', ...TEXTS },
    token: { description: 'Which of its tokens the edge accepts.', enum: ['access', 'id'] },
    audience: { description: "The value of aud; absent: the edge's address.", ...TEXTS },
    clientId: TEXT,
    clientSecretPublic: {
      description: 'A value that providers call a secret and publish with the app.',
      ...TEXT,
    },
    scopes: TEXTS,
    name: { description: 'The claim of {name}.', ...TEXT },
    groups: { description: 'The claim of {group}.', ...TEXT },
    maxAge: { description: 'Seconds that a token may be valid for.', type: 'integer', minimum: 1 },
    rules: { description: 'The first rule that fits decides.', type: 'array', items: RULE, minItems: 1 },
  },
  ['issuer', 'rules'],
);

/** Returns the schema as the text of its file. */
export function deploymentSchema(): string {
  const options = OPTION_NAMES.map((name) => [nameOf(name), optionSchema(name)] as const);
  const schema = {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'edge-upload.yaml: a deployment of edge-upload',
    description: 'The whole deployment: options that it does not name are reset.',
    ...mapping({
      ...Object.fromEntries(options),
      issuers: { description: 'Who is trusted besides the users of the pool.', type: 'array', items: ISSUER },
    }),
  };
  return `${JSON.stringify(schema, undefined, 2)}\n`;
}

if (process.argv[1] === import.meta.filename) writeFileSync(FILE, deploymentSchema());
