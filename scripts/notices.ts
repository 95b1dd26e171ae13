import { readdir, readFile } from 'node:fs/promises';
import type { Metafile } from 'esbuild';

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license?: string;
}

/** The packages whose code went into a bundle, as folders below node_modules. */
function bundledPackages(metafiles: readonly Metafile[]): string[] {
  const inputs = metafiles.flatMap(({ inputs }) => Object.keys(inputs));
  const folders = inputs.flatMap((input) => {
    const match = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input);
    return match?.[1] === undefined ? [] : [match[1]];
  });
  return [...new Set(folders)].sort();
}

/** Names, versions, licences and licence texts of everything that is shipped inside `dist/`; each text once. */
export async function thirdPartyNotices(metafiles: readonly Metafile[]): Promise<string> {
  const packagesByText = new Map<string, string[]>();
  for (const folder of bundledPackages(metafiles)) {
    const { name, version, license } = JSON.parse(
      await readFile(`${folder}/package.json`, 'utf8'),
    ) as Manifest;
    const files = (await readdir(folder)).filter((file) => /^(licen[cs]e|notice)/i.test(file)).sort();
    const texts = await Promise.all(files.map((file) => readFile(`${folder}/${file}`, 'utf8')));
    const text = texts.map((text) => text.trim()).join('\n\n');
    const packages = packagesByText.get(text) ?? [];
    packagesByText.set(text, packages);
    packages.push(`${name} ${version} (${license ?? 'see below'})`);
  }
  const sections = [...packagesByText].map(([text, packages]) => `${packages.join('\n')}\n\n${text}`);
  const rule = `\n\n${'-'.repeat(78)}\n\n`;
  return `edge-upload bundles the packages below.${rule}${sections.join(rule)}\n`;
}
