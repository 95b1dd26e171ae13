// The step of the GitHub Action: runs `edge-upload put --json` and writes the outputs and the summary of the job.
// Plain JavaScript, because it runs from a clone of the repository. Text of others, such as file names, is encoded where
// it leaves: in summaries, in outputs and in the log, where lines that begin with :: are commands to the runner.
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { appendFileSync, createWriteStream, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** Rows of the summary; GitHub shows at most 1 MiB of it. */
const MAX_ROWS = 100;

const { env } = process;
const version = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')).version;
const PROGRAM = join(
  `${env.RUNNER_TEMP}`,
  `edge-upload-${version}`,
  'node_modules',
  'edge-upload',
  'dist',
  'edge-upload.cjs',
);

const linesOf = (text = '') => text.split(/\r?\n/).filter((line) => line.trim() !== '');

/** Returns the lines of an input without spaces around them, as in actions that use GitHub's toolkit. */
const itemsOf = (input) => linesOf(input).map((line) => line.trim());

/** A message to the runner. https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands */
function command(name, text) {
  const encoded = text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
  process.stdout.write(`::${name}::${encoded}\n`);
}

/** Returns HTML that shows exactly this text. Characters that could be markup in HTML or Markdown become references. */
function html(text) {
  const visible = String(text).replace(/\p{C}/gu, (sign) => `\\u{${sign.codePointAt(0).toString(16)}}`);
  return visible.replace(/[^\p{L}\p{N} /]/gu, (sign) => `&#${sign.codePointAt(0)};`);
}

function usage(message) {
  command('error title=edge-upload', message);
  process.exitCode = 2;
}

function argumentsOf() {
  const paths = itemsOf(env.INPUT_PATH);
  if (!env.EDGE_UPLOAD_URL) return usage('The input url is missing: the address of the edge.');
  const options = itemsOf(env.INPUT_OPTIONS);
  if (paths.length === 0) return usage('The input path names no file.');
  const stranger = options.find((option) => !/^--?\w[\w-]*(?:=|$)/.test(option));
  if (stranger !== undefined) {
    return usage(
      `The input options takes one option a line, with its value behind =; this is none: ${stranger}`,
    );
  }
  const prefixes = itemsOf(env.INPUT_PREFIX);
  if (prefixes.length > 1) return usage('The input prefix has more than one line.');
  const prefix = prefixes.map((one) => `--prefix=${one}`);
  return ['put', '--recursive', '--json', ...prefix, ...options, '--', ...paths];
}

/** Appends a value of any text to a file of the runner, between marks that the text cannot contain. */
function output(name, value) {
  const mark = `edge-upload-${randomUUID()}`;
  appendFileSync(`${env.GITHUB_OUTPUT}`, `${name}<<${mark}\n${value}\n${mark}\n`);
}

/** Writes a file of the runner. Annotates the step if the file cannot be written; the level `error` also fails the step. */
function writeOrAnnotate(level, what, write) {
  try {
    write();
  } catch (error) {
    command(`${level} title=edge-upload`, `${what}: ${error.message}`);
    if (level === 'error') process.exitCode = 1;
  }
}

function size(bytes) {
  if (typeof bytes !== 'number') return '';
  return bytes === 1 ? '1 byte' : `${bytes.toLocaleString('en-US')} bytes`;
}

function summaryOf({ summary, rows, failures, error }) {
  const lines = [];
  if (summary === undefined) {
    // Without the address: one that was refused can contain a link or a password.
    lines.push('<h3>The upload failed</h3>');
  } else {
    const { stored, failed, bytes } = summary;
    lines.push(`<h3>Uploaded to ${html(env.EDGE_UPLOAD_URL.trim())}</h3>`);
    lines.push(`<p>${html(`${stored} stored, ${failed} failed, ${size(bytes)}`)}</p>`);
  }
  const texts = [...linesOf(error?.message), ...linesOf(error?.hint)];
  lines.push(...texts.map((text) => `<p>${html(text)}</p>`));
  const cells = [...failures, ...rows].slice(0, MAX_ROWS).map(({ key, file, bytes, error: why }) => {
    const result = why === undefined ? size(bytes) : `failed: ${why.message ?? why.code ?? ''}`;
    return `<tr><td>${html(key ?? file ?? '')}</td><td>${html(result)}</td></tr>`;
  });
  if (cells.length > 0) lines.push('<table><tr><th>Key</th><th>Result</th></tr>', ...cells, '</table>');
  return `${lines.join('\n')}\n\n`;
}

/** Returns a line of `put --json`; `undefined` for other text, such as that of the option --help. */
function documentIn(line) {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/** Runs the upload. Its file lines go to `results`; the first ones, and what ends it, are returned. */
async function run(args, results) {
  const found = { rows: [], failures: [] };
  const file = createWriteStream(results, { mode: 0o600 });
  // A full disk does not end the upload.
  file.on('error', (error) => {
    found.unwritten = error;
  });
  const child = spawn(process.execPath, [PROGRAM, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
  const ended = new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? 1));
  });
  for await (const line of createInterface({ input: child.stdout })) {
    const document = documentIn(line);
    if (document === undefined) process.stdout.write(`${line}\n`);
    else if (document.type === 'file') {
      file.write(`${line}\n`);
      const list = document.error === undefined ? found.rows : found.failures;
      if (list.length < MAX_ROWS) list.push(document);
    } else if (document.type === 'summary') found.summary = document;
    else found.error = document.error;
  }
  found.code = await ended;
  await new Promise((resolve) =>
    file.end((error) => {
      // The error event of the last write follows later.
      found.unwritten ??= error;
      resolve();
    }),
  );
  return found;
}

async function upload(args) {
  const results = join(`${env.RUNNER_TEMP}`, `edge-upload-${randomUUID()}.jsonl`);
  // Until the mark is repeated, the runner does not read lines as commands.
  const mark = randomUUID();
  process.stdout.write(`::stop-commands::${mark}\n`);
  const found = await run(args, results).finally(() => process.stdout.write(`::${mark}::\n`));
  const { unwritten } = found;
  if (unwritten) command('warning title=edge-upload', `Incomplete results: ${unwritten.message}`);
  // Without its outputs, the step fails: later steps would read empty ones.
  writeOrAnnotate('error', 'The outputs of the step were not written', () => {
    output('results', results);
    output('json', JSON.stringify(found.summary ?? { error: found.error ?? { code: 'unexpected' } }));
  });
  writeOrAnnotate('warning', 'The job summary was not written', () => {
    appendFileSync(`${env.GITHUB_STEP_SUMMARY}`, summaryOf(found));
  });
  if (found.code === 0 && found.summary !== undefined) {
    if (found.summary.files === 0)
      command('warning title=edge-upload', 'No file was found in the input path.');
    return;
  }
  const { message = 'The upload failed.', hint } = found.error ?? found.failures[0]?.error ?? {};
  command('error title=edge-upload', hint === undefined ? message : `${message}\n${hint}`);
  process.exitCode = found.code || 1;
}

const args = argumentsOf();
if (args !== undefined) await upload(args);
