import { createRequire, isBuiltin } from 'node:module';
import { SyntheticModule } from 'node:vm';
import { refusal } from './refusal.ts';

/** Built-in modules that compute and touch nothing outside the process. */
const HARMLESS = [
  'assert',
  'assert/strict',
  'buffer',
  'crypto',
  'events',
  'path',
  'path/posix',
  'punycode',
  'querystring',
  'stream',
  'stream/consumers',
  'stream/promises',
  'stream/web',
  'string_decoder',
  'timers',
  'timers/promises',
  'url',
  'util',
  'util/types',
  'zlib',
];

/** Node's own `require`, kept from the bundler. */
const requireBuiltin = createRequire('/var/task/index.js');

/** Finds a module by name, with or without `node:`. Throws for all that the function may not have. */
export type Load = (name: string) => unknown;

/** The one rule for `require`, `import()` and `process.getBuiltinModule`. `own` are modules that the sandbox makes itself. */
export function createLoad(own: Readonly<Record<string, unknown>>): Load {
  return (name) => {
    const bare = name.startsWith('node:') ? name.slice('node:'.length) : name;
    if (Object.hasOwn(own, bare)) return own[bare];
    if (HARMLESS.includes(bare)) return requireBuiltin(`node:${bare}`);
    if (isBuiltin(name)) throw refusal(`the module '${bare}'`);
    throw Object.assign(new Error(`Cannot find module '${name}'\nRequire stack:\n- /var/task/index.js`), {
      code: 'MODULE_NOT_FOUND',
    });
  };
}

/** `import()` in the function's code: the same modules, as namespaces. */
export async function importModule(load: Load, name: string): Promise<SyntheticModule> {
  const found = load(name);
  const members = Object.entries(Object(found)).filter(([key]) => key !== 'default');
  const module = new SyntheticModule(['default', ...members.map(([key]) => key)], () => {
    module.setExport('default', found);
    for (const [key, value] of members) module.setExport(key, value);
  });
  await module.link(() => {
    throw refusal('linking');
  });
  await module.evaluate();
  return module;
}
