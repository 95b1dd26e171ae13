import { readFile } from 'node:fs/promises';

/*
 * Prints the changelog of the version in package.json: `npm run release:notes [-- <tag>]`. Fails if the tag names
 * another version, or if the version has no changelog.
 */

const root = new URL('../', import.meta.url);
const { version } = JSON.parse(await readFile(new URL('package.json', root), 'utf8')) as { version: string };
const tag = process.argv[2] ?? `v${version}`;
if (tag !== `v${version}`) throw new Error(`The tag is ${tag}, but package.json has version ${version}.`);

const changelog = await readFile(new URL('CHANGELOG.md', root), 'utf8');
const sections = changelog.split(/^## /m).slice(1);
const section = sections.find((text) => text.split(/\s/, 1)[0] === version);
if (section === undefined) throw new Error(`CHANGELOG.md has no section “## ${version}”.`);
process.stdout.write(`${section.slice(section.indexOf('\n')).trim()}\n`);
