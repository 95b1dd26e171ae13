/** A variable in front of a command, or behind `export`. */
const ASSIGNMENT = /^[A-Z][A-Z0-9_]*=/;

function inPowerShell(assignment: string): string {
  const at = assignment.indexOf('=');
  const value = assignment.slice(at + 1);
  return `$env:${assignment.slice(0, at)} = ${value.startsWith("'") ? value : `'${value}'`}`;
}

/** Returns a line as PowerShell takes it, which has no variables before a command: they are set first. */
export function typedInPowerShell(words: readonly string[]): string {
  const variables = words.filter((one) => ASSIGNMENT.test(one)).map(inPowerShell);
  const rest = words.filter((one) => one !== 'export' && !ASSIGNMENT.test(one));
  const [first, name] = rest;
  if (first === 'unset' && name !== undefined) return `Remove-Item Env:${name}`;
  return [...variables, ...(rest.length === 0 ? [] : [rest.join(' ')])].join('; ');
}
