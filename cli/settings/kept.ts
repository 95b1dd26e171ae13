import type { Context } from '../context.ts';
import { keepBooks, recordsIn } from './records.ts';
import { parseStackPlace, type StackPlace } from './stack-place.ts';

const TYPES = ['bucket', 'log bucket', 'user pool'] as const;

/** Bucket or user pool that `destroy` kept. */
export interface Kept extends StackPlace {
  readonly type: (typeof TYPES)[number];
  /** The bucket's name, or the user pool's id. */
  readonly name: string;
}

/** Records of all stacks, written before a stack is deleted, so that an interrupted `destroy` knows them. */
export const {
  list: listKept,
  remember: rememberKept,
  forget: forgetKept,
} = recordsIn<Kept>(
  'kept.json',
  (part) => {
    const type = part.member('type');
    return {
      type: TYPES.find((one) => type.is(one)) ?? type.fail('is not a type of data that is kept'),
      name: part.member('name').text(),
      ...parseStackPlace(part),
    };
  },
  ({ name }) => name,
);

/** Records data that a change leaves in the account. */
export async function recordKept(context: Context, kept: Kept): Promise<void> {
  await keepBooks(context, `The ${kept.type} ${kept.name} stays, but is not recorded on this computer.`, () =>
    rememberKept(context, kept),
  );
}
