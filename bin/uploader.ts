import { setFlagsFromString } from 'node:v8';
import { STANDALONE_COMMANDS } from '../cli/declare/standalone.ts';
import { STANDALONE_HELPER } from '../cli/helper-process.ts';
import { runProcess } from './run-process.ts';
import { boundYoungObjects } from './young-objects.ts';

// The standalone program: the uploader's commands in one executable, with Node inside.

// As in start.ts: optimizing undici's parser takes longer than it saves.
setFlagsFromString('--liftoff-only');
if (process.argv[2] === 'put') boundYoungObjects();

if (process.argv[2] === `${STANDALONE_HELPER}credentials`) void import('./credentials.ts');
else runProcess(STANDALONE_COMMANDS);
