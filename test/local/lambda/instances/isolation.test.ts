import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { findIsolation } from '../../../../local/lambda/instances/isolation.ts';

/** Attempts of code with access to all of Node: `[files that it sees, the result of each attempt]`. */
const ATTACK = `
  const fs = require('fs'), { spawnSync } = require('child_process');
  const [file, socket, pid] = process.argv.slice(1);
  const attempt = (act) => { try { return act() ?? 'done'; } catch (error) { return error.code; } };
  const result = {
    read: attempt(() => fs.readFileSync(file, 'utf8')),
    above: attempt(() => fs.readFileSync('/../../..' + file, 'utf8')),
    processes: attempt(() => fs.readdirSync('/proc')),
    write: attempt(() => fs.writeFileSync('/new', 'x')),
    change: attempt(() => fs.appendFileSync(process.execPath, 'x')),
    kill: attempt(() => process.kill(Number(pid), 0)),
    shell: spawnSync('/bin/sh').error?.code,
    top: fs.readdirSync('/').filter((name) => /^(home|root|tmp|run|var|etc|proc|sys|dev)$/.test(name) && name !== process.execPath.split('/')[1]),
  };
  require('net').connect(socket).on('connect', () => { throw 1; }).on('error', ({ code }) =>
    console.log(JSON.stringify({ ...result, socket: code })));`;

test('keeps code with all of Node from files, sockets and processes of the user', () => {
  const { command, description } = findIsolation();
  // Without isolation, the description must not claim it.
  if (!description.includes('files')) return;
  const folder = mkdtempSync(join(tmpdir(), 'escape-'));
  const socket = join(folder, 'agent.sock');
  const server = createServer().listen(socket);
  try {
    const file = join(folder, 'secret');
    writeFileSync(file, 'hidden');
    const [program = '', ...before] = command;
    const args = [...before, process.execPath, '--eval', ATTACK, file, socket, String(process.pid)];
    const result = JSON.parse(execFileSync(program, args, { env: {}, encoding: 'utf8' }));
    const { write, change, ...rest } = result;
    assert.deepEqual(rest, {
      read: 'ENOENT',
      above: 'ENOENT',
      processes: 'ENOENT',
      kill: 'ESRCH',
      shell: 'ENOENT',
      top: [],
      socket: 'ENOENT',
    });
    for (const code of [write, change]) assert.match(code, /^(EROFS|EACCES|ETXTBSY)$/);
  } finally {
    server.close();
    rmSync(folder, { recursive: true });
  }
});
