import type { Document, LineCounter, Node, Pair } from 'yaml';

/** Maximum nesting. A rule of an issuer is at the tenth level. */
const DEEPEST = 32;

/** A problem in a text, and its offset. */
export interface YamlProblem {
  readonly offset: number;
  readonly why: string;
}

type Yaml = typeof import('yaml');

/** Composing recurses: a line of brackets would exhaust the stack, and end the process. */
function depthProblem(
  { LineCounter, Lexer, Parser }: Yaml,
  text: string,
  lineCounter: LineCounter,
): YamlProblem | undefined {
  const lines = new LineCounter();
  lines.addNewLine(0);
  const parser = new Parser(lines.addNewLine);
  for (const lexeme of new Lexer().lex(text)) {
    for (const _token of parser.next(lexeme)) {
      // Whole documents, which are read again.
    }
    if (parser.stack.length <= DEEPEST) continue;
    lines.lineStarts.forEach(lineCounter.addNewLine);
    return { offset: parser.offset, why: 'it is nested too deeply' };
  }
  return undefined;
}

/** Returns why a document has more than texts, decimal numbers, true, false, lists and mappings with texts as names. */
function contentProblem({ isScalar, visit }: Yaml, document: Document): YamlProblem | undefined {
  let problem: YamlProblem | undefined;
  const stop = (range: Node['range'], why: string) => {
    problem = { offset: range?.[0] ?? 0, why };
    return visit.BREAK;
  };
  const checkNode = (key: unknown, { range, tag }: Node) => {
    if (tag !== undefined) return stop(range, 'a tag (!) is not allowed');
    return key === 'key' ? stop(range, 'a list or a mapping cannot be a name') : undefined;
  };
  visit(document, {
    Alias: (_key, { range }) => stop(range, 'an alias (*) is not allowed; write the value again'),
    Collection: checkNode,
    Pair(_key, { key }: Pair) {
      if (!isScalar(key) || typeof key.value === 'string') return undefined;
      return stop(key.range, 'a name is not text; put it into quotation marks');
    },
    Scalar(key, scalar) {
      const { value, source, range } = scalar;
      if (key !== 'key' && scalar.tag !== undefined) return checkNode(key, scalar);
      if (typeof value !== 'number' || String(value) === source) return undefined;
      return stop(
        range,
        `“${source}” is read as the number ${value}; write a plain number, or put it into quotation marks`,
      );
    },
  });
  return problem;
}

/**
 * Parses the unambiguous part of YAML 1.2, which includes JSON. Other versions, tags, aliases and further documents are
 * problems.
 */
export async function parsePlainYaml(
  text: string,
  lineCounter: LineCounter,
): Promise<Document | YamlProblem> {
  const yaml = await import('yaml');
  const tooDeep = depthProblem(yaml, text, lineCounter);
  if (tooDeep !== undefined) return tooDeep;
  const document = yaml.parseDocument(text, { lineCounter });
  // Unknown tags are warnings.
  const [problem] = [...document.errors, ...document.warnings];
  if (problem?.code === 'MULTIPLE_DOCS') {
    return { offset: problem.pos[0], why: 'a second document (---) is not allowed' };
  }
  if (problem !== undefined) {
    const [message = ''] = problem.message.split(/ at line |\n/);
    return { offset: problem.pos[0], why: `this is not YAML: ${message}` };
  }
  // In YAML 1.1, “yes” is true and 1:30 is 90.
  if (document.directives?.yaml.version !== '1.2') {
    return { offset: 0, why: 'a version of YAML other than 1.2 is not allowed' };
  }
  return contentProblem(yaml, document) ?? document;
}
