import type { Probe } from '../probe.ts';
import { EDGE } from './edge.ts';
import { FORWARDED } from './forwarded.ts';
import { IDENTITY } from './identity.ts';
import { MULTIPART } from './multipart.ts';

/** All probes, those that change the deployment last. */
export const PROBES: readonly Probe[] = [...FORWARDED, ...MULTIPART, ...EDGE, ...IDENTITY];
