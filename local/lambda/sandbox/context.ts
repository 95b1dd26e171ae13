import { type Context, constants, createContext, Script, SyntheticModule } from 'node:vm';
import type { Host } from '../guest/bridge.ts';
import type { Guest } from '../guest/main.ts';

/** The built code of `guest/`, which defines `guest`; inserted by the build of the sandbox. */
declare const GUEST_SOURCE: string;
const guestSource: string = GUEST_SOURCE;

const GLOBALS = `Object.getOwnPropertyNames(globalThis)
  .filter((name) => typeof globalThis[name] !== 'undefined' && !/^(globalThis|Infinity|NaN|WebAssembly|console)$/.test(name))
  .join()`;

/** Newer Node versions give a context an ordinary global object; older ones look into an object of this realm first. */
const { DONT_CONTEXTIFY } = constants as unknown as { DONT_CONTEXTIFY?: Context };
const EMPTY = DONT_CONTEXTIFY ?? (Object.create(null) as Context);

/**
 * The realm of the function's code, with its own intrinsics and no objects of this realm. Its global object is backed by
 * an object without prototype, so that no name leads out of it. `guest/` creates all other globals within the realm.
 */
export class FunctionContext {
  readonly #context: Context;
  readonly guest: Guest;
  /** Names of the language's globals, the same in both realms. */
  readonly intrinsics: readonly string[];

  constructor(host: Host) {
    this.#context = createContext(EMPTY, {
      name: 'function',
      codeGeneration: { strings: true, wasm: false },
    });
    // The language's globals as constants: faster to read, and the function's code cannot replace them.
    const names = String(new Script(GLOBALS).runInContext(this.#context));
    this.intrinsics = names.split(',');
    const open = new Script(
      `(() => { const { ${names} } = globalThis; return (() => {${guestSource}\nreturn guest.open; })(); })()`,
      { filename: '/var/runtime/guest.js' },
    ).runInContext(this.#context) as (host: Host) => Guest;
    this.guest = open(host);
    // Node warns on first use, with objects that are frozen later.
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

  /** Implements `import()` for the function's code. It imports the modules that the code can require. */
  async #import(name: string): Promise<SyntheticModule> {
    const members = this.guest.importing(name);
    try {
      return await this.#moduleOf(members);
    } catch (error) {
      // Errors of this realm must not reach the function's realm.
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
