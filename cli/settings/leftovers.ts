import { recordsIn } from './records.ts';
import { parseStackPlace, type StackPlace } from './stack-place.ts';

/** Edge function that stays after its stack until CloudFront deletes its replicas. */
export interface Leftover extends StackPlace {
  readonly functionName: string;
}

/** Records of all stacks, written before a stack is deleted, so that an interrupted `destroy` knows them. */
export const {
  list: listLeftovers,
  remember: rememberLeftover,
  forget: forgetLeftover,
} = recordsIn<Leftover>(
  'leftovers.json',
  (part) => ({ functionName: part.member('functionName').text(), ...parseStackPlace(part) }),
  ({ functionName }) => functionName,
);
