import { readFile } from 'node:fs/promises';

/** Licences that bundled packages can have: permissive ones that require only a copy of their text. */
const ALLOWED = new Set([
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'BlueOak-1.0.0',
  'ISC',
  'MIT',
]);

/** Packages that only tests use, whose licence requires more than a copy of its text. */
const TESTS_ONLY = new Set(['node_modules/axe-core: MPL-2.0']);

/** Whether a package's `license`, an SPDX expression, offers a licence that is allowed. */
export function isAllowedLicence(expression: string | undefined): boolean {
  const choices = (expression ?? '').replace(/^\((.*)\)$/, '$1').split(' OR ');
  return choices.some((licence) => ALLOWED.has(licence));
}

/** Returns the packages of a lock file whose licence is not allowed, as `name: licence`. */
export function refusedPackages(lock: string): string[] {
  const { packages } = JSON.parse(lock) as { packages: Record<string, { license?: string }> };
  return Object.entries(packages)
    .filter(([folder, { license }]) => folder !== '' && !isAllowedLicence(license))
    .map(([folder, { license }]) => `${folder}: ${license ?? 'no licence'}`)
    .filter((refused) => !TESTS_ONLY.has(refused));
}

if (process.argv[1] === import.meta.filename) {
  const refused = refusedPackages(await readFile(new URL('../package-lock.json', import.meta.url), 'utf8'));
  if (refused.length > 0) throw new Error(`Licences that are not allowed:\n${refused.join('\n')}`);
}
