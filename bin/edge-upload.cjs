#!/usr/bin/env node
'use strict';

/*
 * The command's entry. Written in the JavaScript of 2009, so that any Node parses it: a Node that is too old gets one
 * line with the version that is needed, not a syntax error. Everything newer is behind the check.
 */
var manifest = require('../package.json');

function isOlder(version, least) {
  var found = version.split('.');
  var needed = least.split('.');
  var at;
  for (at = 0; at < needed.length; at += 1) {
    if (Number(found[at]) !== Number(needed[at])) return Number(found[at]) < Number(needed[at]);
  }
  return false;
}

function fail(error) {
  process.exitCode = 1;
  // A reader that closed its pipe needs no error.
  if (error.code === 'EPIPE') return;
  process.stderr.write(['error: Standard output cannot be written (', error.code, ').\n'].join(''));
}

var least = manifest.engines.node.replace('>=', '');
var words = process.argv.slice(2);
if (isOlder(process.versions.node, least)) {
  process.stderr.write(
    [
      'error: edge-upload needs Node.js ',
      least,
      ' or later; this is Node.js ',
      process.versions.node,
      '. Get a newer one from https://nodejs.org\n',
    ].join(''),
  );
  process.exitCode = 1;
} else if (words.length === 1 && (words[0] === '--version' || words[0] === '-V')) {
  // Other programs ask for the version often: it is printed without loading anything else.
  process.stdout.on('error', fail);
  process.stdout.write([manifest.version, '\n'].join(''));
} else {
  require('./start.cjs');
}
