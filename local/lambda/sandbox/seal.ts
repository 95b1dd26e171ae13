import crypto from 'node:crypto';
import { EventEmitter } from 'node:events';
import { syncBuiltinESMExports } from 'node:module';
import { Server, Socket } from 'node:net';
import process from 'node:process';
import { refused } from './refusal.ts';

/** Calls on the real `process` that would let code out, should it ever get hold of it. */
const REFUSED_OF_PROCESS = [
  'binding',
  '_linkedBinding',
  'dlopen',
  'kill',
  '_kill',
  '_debugProcess',
  '_startProfilerIdleNotifier',
  'execve',
  'getBuiltinModule',
  'loadEnvFile',
  'openStdin',
  'setUncaughtExceptionCaptureCallback',
];

/** Globals that reach the network or other processes by themselves, in whichever Node version has them. */
const REMOVED_GLOBALS = [
  'BroadcastChannel',
  'EventSource',
  'Storage',
  'WebSocket',
  'WebSocketStream',
  'localStorage',
  'sessionStorage',
];

/**
 * Closes what Node's permission model leaves open in this process: sockets, signals, native code. The function's code
 * is never given these objects; this is for the day it finds a way to one of them.
 */
export function sealProcess(): void {
  replace(Socket.prototype, 'connect', refused('a socket'));
  replace(Server.prototype, 'listen', refused('a server'));
  replace(crypto, 'setEngine', refused('crypto.setEngine'));
  syncBuiltinESMExports();
  for (const name of REFUSED_OF_PROCESS) replace(process, name, refused(`process.${name}`));
  // Own copies, so that code that replaces a method of EventEmitter.prototype is not handed the real process as `this`.
  for (const name of ['emit', 'on', 'once', 'listenerCount'] as const) {
    replace(process, name, EventEmitter.prototype[name]);
  }
  for (const name of REMOVED_GLOBALS) Reflect.deleteProperty(globalThis, name);
}

function replace(target: object, name: string, value: unknown): void {
  Object.defineProperty(target, name, { value, configurable: false, writable: false });
}
