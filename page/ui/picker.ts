import type { Texts } from '../texts/en.ts';
import type { PickedFile } from '../transfer/keys.ts';
import { element, setText } from './elements.ts';

interface PickerOptions {
  readonly texts: Texts;
  /** Whether only one file is accepted. */
  readonly single: boolean;
  /** Called with an empty list for a folder without files. */
  readonly onPick: (picked: readonly PickedFile[]) => void;
}

/** Creates the ways to choose files: an input for files, one for a folder, and a drop zone. */
export function createPicker({ texts, single, onPick }: PickerOptions): HTMLElement {
  const files = element('input', { type: 'file', id: 'files', class: 'unseen', multiple: !single });
  const choose = element('label', { for: 'files', class: 'button' }, single ? texts.chooseOne : texts.choose);
  const inputs: Node[] = [files, choose];
  const dropText = single ? texts.dropOne : texts.drop;
  const hint = element('p', { class: 'hint by-drag' }, dropText);
  const pick = (chosen: readonly PickedFile[]) => {
    setText(hint, chosen.length === 0 ? texts.noFiles : dropText);
    hint.classList.toggle('by-drag', chosen.length > 0);
    onPick(chosen);
  };
  const picked = (input: HTMLInputElement) => {
    const chosen = [...(input.files ?? [])];
    pick(chosen.map((file) => ({ file, path: file.webkitRelativePath || file.name })));
    // Allows choosing the same file again.
    input.value = '';
  };
  files.addEventListener('change', () => picked(files));
  if (!single && 'webkitdirectory' in HTMLInputElement.prototype) {
    const folder = element('input', { type: 'file', id: 'folder', class: 'unseen', webkitdirectory: true });
    folder.addEventListener('change', () => picked(folder));
    inputs.push(folder, element('label', { for: 'folder', class: 'button second' }, texts.chooseFolder));
  }
  const zone = element('div', { class: 'drop' }, element('div', { class: 'choices' }, ...inputs), hint);
  // Reading a folder with thousands of files takes seconds.
  acceptDrops(zone, () => setText(hint, texts.loading), pick);
  return zone;
}

const hasFiles = ({ dataTransfer }: DragEvent) => dataTransfer?.types.includes('Files') === true;

/** Keeps the browser from opening what is dropped on the page, which would leave it. Fields accept text. */
export function ignoreDrops(): void {
  const ignore = (event: DragEvent) => {
    if (event.target instanceof HTMLInputElement && !hasFiles(event)) return;
    event.preventDefault();
    if (event.dataTransfer !== null) event.dataTransfer.dropEffect = 'none';
  };
  addEventListener('dragover', ignore);
  addEventListener('drop', ignore);
}

/** Accepts files dropped anywhere on the page, as long as the zone is shown. */
function acceptDrops(
  zone: HTMLElement,
  onReading: () => void,
  onDrop: (picked: readonly PickedFile[]) => void,
): void {
  const over = (on: boolean) => zone.classList.toggle('over', on);
  addEventListener('dragover', (event) => {
    if (event.dataTransfer === null || !hasFiles(event) || !zone.isConnected) return;
    event.dataTransfer.dropEffect = 'copy';
    over(true);
  });
  addEventListener('dragleave', (event) => {
    if (event.relatedTarget === null) over(false);
  });
  addEventListener('drop', (event) => {
    over(false);
    // Somebody else may have signed in since.
    if (!zone.isConnected) return;
    // The list is empty once the event is over.
    const items = [...(event.dataTransfer?.items ?? [])].filter(({ kind }) => kind === 'file');
    // Text, or a link from another page.
    if (items.length === 0) return;
    onReading();
    const entries = items.map((item) => item.webkitGetAsEntry());
    const alone = items.map((item) => item.getAsFile());
    void Promise.all(
      entries.map(async (entry, at) => {
        const file = alone[at];
        if (entry !== null) return filesBelow(entry);
        return file === null || file === undefined ? [] : [{ file, path: file.name }];
      }),
    ).then((found) => onDrop(found.flat()));
  });
}

const pathOf = ({ fullPath }: FileSystemEntry) => fullPath.replace(/^\//, '');

/**
 * Returns an entry that cannot be opened, such as a dangling link or another user's folder. It is shown as not sent.
 */
const unreadable = (entry: FileSystemEntry): PickedFile => ({
  file: new File([], entry.name),
  path: pathOf(entry),
  unreadable: true,
});

async function filesBelow(entry: FileSystemEntry): Promise<PickedFile[]> {
  if (entry.isFile) {
    return new Promise((resolve) => {
      (entry as FileSystemFileEntry).file(
        (file) => resolve([{ file, path: pathOf(entry) }]),
        () => resolve([unreadable(entry)]),
      );
    });
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  const below: FileSystemEntry[] = [];
  for (;;) {
    // Browsers return at most a hundred entries at a time.
    const some = await new Promise<FileSystemEntry[] | undefined>((resolve) => {
      reader.readEntries(resolve, () => resolve(undefined));
    });
    if (some === undefined) return [...(await allBelow(below)), unreadable(entry)];
    if (some.length === 0) return allBelow(below);
    below.push(...some);
  }
}

const allBelow = async (entries: readonly FileSystemEntry[]) =>
  (await Promise.all(entries.map(filesBelow))).flat();
