import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Metafile } from 'esbuild';
import { isAllowedLicence } from './licences.ts';

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly author?: string;
  readonly license?: string;
}

/** Packages without their licence's text, each with a package of the same authors and licence that has it. */
const TEXT_OF: Readonly<Record<string, string>> = {
  '@aws-sdk/credential-provider-http': '@aws-sdk/core',
  '@aws-sdk/credential-provider-login': '@aws-sdk/core',
  '@aws-sdk/nested-clients': '@aws-sdk/core',
  '@nodable/entities': 'fast-xml-parser',
};

/** Packages under the MIT licence without its text, which differs only in the owner's name. */
const MIT_WITHOUT_TEXT: ReadonlySet<string> = new Set(['@bomb.sh/tab']);

/** Returns the packages in a bundle, as folders below node_modules. */
function bundledPackages(metafiles: readonly Metafile[]): string[] {
  const inputs = metafiles.flatMap(({ inputs }) => Object.keys(inputs));
  const folders = inputs.flatMap((input) => {
    const match = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input);
    return match?.[1] === undefined ? [] : [match[1]];
  });
  return [...new Set(folders)].sort();
}

async function manifestOf(folder: string): Promise<Manifest> {
  return JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as Manifest;
}

async function mitText(author: string): Promise<string> {
  const own = await readFile('LICENSE', 'utf8');
  return own.replace(/^Copyright .*$/m, `Copyright (c) ${author}`).trim();
}

async function licenceText(folder: string): Promise<string> {
  const files = (await readdir(folder)).filter((file) => /^(licen[cs]e|notice)/i.test(file)).sort();
  const texts = await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')));
  return texts.map((text) => text.trim()).join('\n\n');
}

const APACHE = /Apache License\s+Version 2\.0, January 2004[\s\S]*?END OF TERMS AND CONDITIONS/;

/** Moves the terms of the Apache License to the end, once for all texts, to keep the package small. */
function withTermsOnce(sections: readonly string[]): readonly string[] {
  const plain = (text: string) => text.replace(/\s+/g, ' ');
  const terms = sections.map((section) => APACHE.exec(section)?.[0]).find((found) => found !== undefined);
  if (terms === undefined) return sections;
  const shorter = sections.map((section) =>
    section.replace(APACHE, (found) =>
      plain(found) === plain(terms) ? '(The terms of the Apache License 2.0 are at the end.)' : found,
    ),
  );
  return [...shorter, terms];
}

/**
 * Returns names, versions, licences and licence texts of everything that `dist/` contains. Equal texts appear once.
 * @param copied Folders of packages whose files other than modules are shipped.
 * @throws {Error} for a package whose licence is not allowed, or whose licence text is missing
 */
export async function thirdPartyNotices(
  metafiles: readonly Metafile[],
  copied: readonly string[] = [],
): Promise<string> {
  const packagesByText = new Map<string, string[]>();
  for (const folder of new Set([...bundledPackages(metafiles), ...copied])) {
    const { name, version, author = '', license = 'no licence' } = await manifestOf(folder);
    const instead = TEXT_OF[name];
    const text = MIT_WITHOUT_TEXT.has(name)
      ? await mitText(author)
      : await licenceText(instead === undefined ? folder : join('node_modules', instead));
    if (!isAllowedLicence(license)) throw new Error(`${name} ${version} is under ${license}.`);
    if (text === '') throw new Error(`${name} ${version} has no licence text.`);
    const packages = packagesByText.get(text) ?? [];
    packagesByText.set(text, packages);
    packages.push(`${name} ${version} (${license})`);
  }
  const sections = [...packagesByText].map(([text, packages]) => `${packages.join('\n')}\n\n${text}`);
  const rule = `\n\n${'-'.repeat(78)}\n\n`;
  return `edge-upload bundles the packages below.${rule}${withTermsOnce(sections).join(rule)}\n`;
}
