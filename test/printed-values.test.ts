import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { test } from 'node:test';
import { type Expression, type Node, type SourceFile, SyntaxKind } from 'typescript/unstable/ast';
import {
  isBinaryExpression,
  isCallExpression,
  isIdentifier,
  isInterfaceDeclaration,
  isPropertyAccessExpression,
  isTaggedTemplateExpression,
  isTemplateExpression,
} from 'typescript/unstable/ast/is';
import { API, type Checker, type Type, TypeFlags } from 'typescript/unstable/sync';

/* A hint or command in a template string would be printed as `[object Object]`. The type checker does not report that. */

const ROOT = join(import.meta.dirname, '..');

/** Returns a function that says whether a value of one of this project's types would be printed as `[object Object]`. */
function objectFinder(checker: Checker): (type: Type) => boolean {
  const known = new Map<number, boolean>();
  const hasNoText = (type: Type): boolean => {
    const before = known.get(type.id);
    if (before !== undefined) return before;
    // A type can contain itself.
    known.set(type.id, false);
    const found = look(type);
    known.set(type.id, found);
    return found;
  };
  const look = (type: Type): boolean => {
    if (type.isUnionType()) return (type.getTypes() ?? []).some(hasNoText);
    if (type.isIntersectionType()) return (type.getTypes() ?? []).every(hasNoText);
    if (type.flags & TypeFlags.TypeParameter) {
      const bound = checker.getBaseConstraintOfType(type);
      return bound !== undefined && hasNoText(bound);
    }
    if (!type.isObjectType()) return false;
    if (type.isTypeReference() && checker.isArrayLikeType(type)) {
      return checker.getTypeArguments(type).some(hasNoText);
    }
    const isOwn = type.getSymbol()?.declarations.some(({ path }) => !path.includes('/node_modules/'));
    if (isOwn !== true) return false;
    const declared = checker.getPropertyOfType(type, 'toString')?.declarations ?? [];
    return declared.every((one) => {
      const parent = one.resolve()?.parent;
      return parent !== undefined && isInterfaceDeclaration(parent) && parent.name.text === 'Object';
    });
  };
  return hasNoText;
}

/** Returns the expressions of a node that become text. */
function printedBy(node: Node): readonly Expression[] {
  if (isTemplateExpression(node) && !isTaggedTemplateExpression(node.parent)) {
    return node.templateSpans.map(({ expression }) => expression);
  }
  // Numbers are added too: they have a text.
  if (isBinaryExpression(node) && node.operatorToken.kind === SyntaxKind.PlusToken) {
    return [node.left, node.right];
  }
  if (!isCallExpression(node)) return [];
  const { expression: callee, arguments: given } = node;
  if (isIdentifier(callee)) return callee.text === 'String' ? given : [];
  return isPropertyAccessExpression(callee) && callee.name.text === 'join' ? [callee.expression] : [];
}

/** Returns the places where a file converts a value without a text to text. */
function defectsOf(file: SourceFile, checker: Checker, hasNoText: (type: Type) => boolean): string[] {
  const printed: Expression[] = [];
  const visit = (node: Node): void => {
    printed.push(...printedBy(node));
    node.forEachChild(visit);
  };
  visit(file);
  const types = checker.getTypeAtLocation(printed);
  return printed.flatMap((one, at) => {
    const type = types[at];
    if (type === undefined || !hasNoText(type)) return [];
    const start = one.getStart(file);
    const line = file.text.slice(0, start).split('\n').length;
    return [`${relative(ROOT, file.fileName)}:${line} ${one.getText(file)}`];
  });
}

/** Code that the test appends to a file of the command line. */
const SAMPLE = `
declare const hint: Hint;
declare const maybe: Hint | undefined;
const sample = command\`edge-upload login\`;
export const bad = [
  \`Type \${sample}.\`, \`Type \${hint}.\`, 'Type ' + sample, [sample].join(' '), String(maybe),
  \`\${command\`edge-upload login\`}\`,
];
export const good = [
  \`\${new Date()} \${new URL('a:b')} \${[1, 'a']} \${new TypeError()} \${/a/} \${Buffer.of()}\`,
  command\`edge-upload login \${'a'}\`,
];
`;

test('prints no value without a text, such as undefined', (t) => {
  const changed = join(ROOT, 'cli/command-line.ts');
  const text = readFileSync(changed, 'utf8');
  const readFile = (path: string) => (path === changed ? text + SAMPLE : undefined);
  const api = new API({ cwd: ROOT, fs: { readFile } });
  t.after(() => api.close());
  const snapshot = api.updateSnapshot({ openProjects: [join(ROOT, 'tsconfig.json')] });
  const { program, checker } = snapshot.getProject(join(ROOT, 'tsconfig.json')) ?? assert.fail();
  const files = program
    .getSourceFileNames()
    .filter((name) => /^(?:bin|cli)\//.test(relative(ROOT, name)))
    .map((name) => program.getSourceFile(name) ?? assert.fail(name));
  assert.ok(files.length > 300, `${files.length} files`);
  const hasNoText = objectFinder(checker);
  const found = files.flatMap((file) => defectsOf(file, checker, hasNoText));
  const first = text.split('\n').length;
  const inSample = (one: string) =>
    one.startsWith('cli/command-line.ts:') && Number(/:(\d+)/.exec(one)?.[1]) >= first;
  assert.deepEqual(
    found.filter((one) => !inSample(one)),
    [],
  );
  assert.deepEqual(
    found.filter(inSample).map((one) => one.replace(/^\S+ /, '')),
    ['sample', 'hint', 'sample', '[sample]', 'maybe', 'command`edge-upload login`'],
  );
});
