import type { Context } from '../../context.ts';
import { UserError } from '../../errors.ts';
import { allEnded } from '../../network/cancellation.ts';
import { sameCommand } from '../../same-command.ts';
import { type FoundStack, physicalIds, type StackWork } from '../../stack/find-stack.ts';
import { type CountedData, countData, type Inventory } from '../../stack/operate/inventory.ts';
import { countedContent, type FoundKept } from '../../stack/operate/kept.ts';

const KEY = 'AWS::KMS::Key';

/** https://docs.aws.amazon.com/kms/latest/developerguide/deleting-keys.html */
const PENDING_KEY = 'KMS deletes a signing key after 7 days. Until then it signs nothing and costs nothing.';

/** The data of a stack with its amount. */
interface Content {
  readonly going: readonly CountedData[];
  readonly staying: readonly CountedData[];
}

/** Counts the data that a deletion of the stack deletes, and that it retains. */
export async function countContent(work: StackWork, { goes, stays }: Inventory): Promise<Content> {
  const [going, staying] = await allEnded([countData(work, goes), countData(work, stays, countedContent)]);
  return { going, staying };
}

interface Asked extends Content {
  readonly stack: FoundStack | undefined;
  readonly held: Inventory;
  /** Kept data to be deleted. */
  readonly earlier: readonly FoundKept[];
}

/** Returns a line of a list, in two columns. The longest label is `signing key`. */
const row = (label: string, text: string) => `  ${label.padEnd(13)}${text}`;

const dataRow = ({ type, name, holds }: CountedData) => row(type, `${name}: ${holds}`);

/** Shows what is deleted, and asks. @throws {UserError} `usage` without a terminal and `--yes` */
export async function agree(
  { ui }: Context,
  work: StackWork,
  { stack, held, earlier, going, staying }: Asked,
  { yes = false, deleteKept = false }: { readonly yes?: boolean; readonly deleteKept?: boolean },
): Promise<boolean> {
  const { stackName } = work;
  const keys = physicalIds(held.goes, KEY);
  const goes = [
    ...going.map(dataRow),
    ...keys.map((id) => row('signing key', `${id}: links and keys stop at once`)),
    ...(deleteKept ? staying.map(dataRow) : []),
    ...earlier.map(dataRow),
    ...(held.domain === undefined ? [] : [row('edge', held.domain)]),
  ];
  const what =
    stack === undefined
      ? 'This is deleted for good:'
      : `This is deleted with the stack ${stackName}, for good:`;
  ui.event({
    type: 'note',
    text: [
      ...(goes.length === 0 ? [`The stack ${stackName} is empty.`] : [what, ...goes]),
      ...(keys.length === 0 ? [] : [PENDING_KEY]),
      ...(staying.length === 0 || deleteKept ? [] : ['This stays:', ...staying.map(dataRow)]),
    ],
  });
  if (yes) return true;
  if (!ui.interactive) {
    throw new UserError(
      'usage',
      `Destroying the stack ${stackName} needs confirmation. Nothing was deleted.`,
      {
        hint: ['To confirm:', sameCommand`--yes`],
      },
    );
  }
  const answer = await ui.ask({ prompt: `Type the stack's name to destroy it`, flag: '--yes' });
  if (answer.trim() === stackName) return true;
  if (answer.trim() !== '')
    ui.event({ type: 'note', text: `“${answer}” is not the stack's name, ${stackName}.` });
  return false;
}
