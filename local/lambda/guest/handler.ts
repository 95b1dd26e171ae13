import type { Start } from '../messages.ts';
import type { Load } from './modules.ts';

export type Handler = (event: unknown, context: object, callback?: Callback) => unknown;
type Callback = (error: unknown, result?: unknown) => void;

/** An initialisation failure, with the name that Lambda's Node.js runtime reports. */
class InitError extends Error {
  constructor(errorType: string, message: string) {
    super(message);
    this.name = errorType;
  }
}

const CALLBACKS_REMOVED =
  'ERROR: AWS Lambda has removed support for callback-based function handlers starting with Node.js 24. ' +
  'You need to modify this function to use a supported handler signature to use Node.js 24 or later. ' +
  'For more information see https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html.';

/** `index.js` compiled in this realm as a function of the CommonJS module variables. */
export type Code = (...args: unknown[]) => unknown;

/** Runs `index.js` and returns its handler. Throws what the code throws, or `InitError`. */
export function loadHandler(start: Start, code: Code, load: Load): Handler {
  const [, file, name] = /^([^.]+)\.(.+)$/.exec(start.handler) ?? [];
  if (file === undefined || name === undefined)
    throw new InitError('Runtime.MalformedHandlerName', 'Bad handler');
  if (file !== 'index') {
    throw new InitError('Runtime.ImportModuleError', `Error: Cannot find module '${file}'`);
  }
  const exported = name
    .split('.')
    .reduce<unknown>((value, key) => (Object(value) as Record<string, unknown>)[key], runCode(code, load));
  if (exported === undefined || exported === null) {
    throw new InitError('Runtime.HandlerNotFound', `${start.handler} is undefined or not exported`);
  }
  if (typeof exported !== 'function') {
    throw new InitError('Runtime.HandlerNotFound', `${start.handler} is not a function`);
  }
  if (start.runtime === 'nodejs24.x' && exported.length >= 3) {
    throw new InitError('Runtime.CallbackHandlerDeprecated', CALLBACKS_REMOVED);
  }
  return exported as Handler;
}

function runCode(code: Code, load: Load): unknown {
  const module = {
    exports: {},
    id: '.',
    filename: '/var/task/index.js',
    loaded: false,
    children: [],
    paths: [],
  };
  const require = Object.assign((name: string) => load(String(name)), { cache: {}, main: module });
  try {
    code.call(module.exports, module.exports, require, module, '/var/task/index.js', '/var/task');
  } catch (error) {
    const { code: reason } = Object(error) as { code?: unknown };
    if (reason === 'MODULE_NOT_FOUND') throw new InitError('Runtime.ImportModuleError', String(error));
    throw error;
  }
  module.loaded = true;
  return module.exports;
}
