import childProcess from 'node:child_process';
import { syncBuiltinESMExports } from 'node:module';
import net from 'node:net';

/* Loaded before unit tests, which must not start processes, listen or connect. */

function refused(): never {
  throw new Error('Unit tests open no sockets and start no processes.');
}

Object.assign(net.Server.prototype, { listen: refused });
Object.assign(net.Socket.prototype, { connect: refused });
Object.assign(childProcess, {
  spawn: refused,
  spawnSync: refused,
  execFile: refused,
  execFileSync: refused,
  fork: refused,
});
syncBuiltinESMExports();
