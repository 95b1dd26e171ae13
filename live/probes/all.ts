import type { Probe } from '../probe.ts';
import { DELETION } from './deletion.ts';
import { DEPLOYMENT } from './deployment.ts';
import { DRIFT } from './drift.ts';
import { EDGE } from './edge.ts';
import { FEDERATION } from './federation.ts';
import { FORWARDED } from './forwarded.ts';
import { IDENTITY } from './identity.ts';
import { MULTIPART } from './multipart.ts';
import { REQUESTS } from './requests.ts';
import { SECOND_FACTOR } from './second-factor.ts';

/** All probes. */
export const PROBES: readonly Probe[] = [
  ...FORWARDED,
  ...MULTIPART,
  ...EDGE,
  ...REQUESTS,
  ...DRIFT,
  ...DEPLOYMENT,
  ...IDENTITY,
  ...FEDERATION,
  ...SECOND_FACTOR,
  ...DELETION,
];
