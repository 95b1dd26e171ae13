import { type Context, constants, createContext, Script, SyntheticModule } from 'node:vm';
import type { Host } from '../guest/bridge.ts';
import type { Guest } from '../guest/main.ts';
import { guestSource } from './guest-source.ts';

const GLOBALS = `Object.getOwnPropertyNames(globalThis)
  .filter((name) => typeof globalThis[name] !== 'undefined' && !/^(globalThis|Infinity|NaN|WebAssembly|console)$/.test(name))
  .join()`;

/** Newer Nodes give a context an ordinary global object; the others have it look into an object of this realm first. */
const { DONT_CONTEXTIFY } = constants as unknown as { DONT_CONTEXTIFY?: Context };
const EMPTY = DONT_CONTEXTIFY ?? (Object.create(null) as Context);

/**
 * The realm of the function's code, with its own intrinsics and nothing of this one. Its global object stands for an object
 * without prototype, so that no name leads out of it; whatever it offers beyond the language is made within, by `guest/`.
 */
export class FunctionContext {
  readonly #context: Context;
  readonly guest: Guest;
  /** Names of the language's globals, here as there. */
  readonly intrinsics: readonly string[];

  constructor(host: Host) {
    this.#context = createContext(EMPTY, {
      name: 'function',
      codeGeneration: { strings: true, wasm: false },
    });
    // The language's globals as constants: quicker to reach, and out of reach for the function's code.
    const names = String(new Script(GLOBALS).runInContext(this.#context));
    this.intrinsics = names.split(',');
    const open = new Script(
      `(() => { const { ${names} } = globalThis; return (() => {${guestSource}\nreturn guest.open; })(); })()`,
      { filename: '/var/runtime/guest.js' },
    ).runInContext(this.#context) as (host: Host) => Guest;
    this.guest = open(host);
    // Node warns of it with the first one, by means that are frozen later.
    new SyntheticModule([], () => {}, { context: this.#context });
  }

  /** Compiles `index.js`. @throws SyntaxError of this realm */
  compile(code: string): (...args: unknown[]) => unknown {
    const wrapped = `(function (exports, require, module, __filename, __dirname) {${code}\n})`;
    return new Script(wrapped, {
      filename: '/var/task/index.js',
      importModuleDynamically: (name) => this.#import(name),
    }).runInContext(this.#context) as (...args: unknown[]) => unknown;
  }

  /** `import()` in the function's code: the modules that it may require, as namespaces of its own realm. */
  async #import(name: string): Promise<SyntheticModule> {
    const members = this.guest.importing(name);
    try {
      return await this.#moduleOf(members);
    } catch (error) {
      // An error of this realm is not for the other one.
      throw this.guest.error(String((error as Error).message));
    }
  }

  async #moduleOf(members: Readonly<Record<string, unknown>>): Promise<SyntheticModule> {
    const names = Object.keys(members);
    const module = new SyntheticModule(
      names,
      () => {
        for (const key of names) module.setExport(key, members[key]);
      },
      { context: this.#context },
    );
    await module.link(() => {
      throw new Error('nothing is linked');
    });
    await module.evaluate();
    return module;
  }
}
