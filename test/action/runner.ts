import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { parse } from 'yaml';
import { runProgram } from '../support/programs.ts';

export const ROOT = join(import.meta.dirname, '../..');

export interface ActionFile {
  readonly inputs: Readonly<Record<string, { readonly required: boolean; readonly default?: string }>>;
  readonly outputs: Readonly<Record<string, { readonly value: string }>>;
  readonly runs: { readonly using: string; readonly steps: readonly Step[] };
}

interface Step {
  readonly id?: string;
  readonly shell?: string;
  readonly run?: string;
  readonly uses?: string;
  readonly env?: Readonly<Record<string, string>>;
}

export async function readAction(): Promise<ActionFile> {
  return parse(await readFile(join(ROOT, 'action.yml'), 'utf8')) as ActionFile;
}

export interface Job {
  /** The folder in which the job's steps run. */
  readonly workspace: string;
  /** Runs the action's steps one after another, until one fails. */
  run(inputs: Readonly<Record<string, string>>, env?: Readonly<Record<string, string>>): Promise<JobRun>;
}

interface JobRun {
  readonly code: number | null;
  /** Standard output and standard error of all steps, as in the runner's log. */
  readonly log: string;
  readonly outputs: Readonly<Record<string, string>>;
  /** Markdown of the job summary. */
  readonly summary: string;
}

/** Evaluates the expressions that the action uses, and no others. */
function evaluate(text: string, inputs: Readonly<Record<string, string>>, env: NodeJS.ProcessEnv): string {
  return text.replace(/\$\{\{ (.*?) \}\}/g, (_, expression: string) => {
    const [, input = ''] = /^inputs\.(\w+)$/.exec(expression) ?? [];
    if (input !== '') return inputs[input] ?? '';
    const [, name = '', otherwise = ''] = /^env\.(\w+) \|\| '(\w+)'$/.exec(expression) ?? [];
    assert.ok(name !== '', `the test's runner does not know the expression ${expression}`);
    return env[name] || otherwise;
  });
}

/** Reads a file of outputs as the runner does, multi-line values included. */
function readOutputs(text: string): Record<string, string> {
  const outputs: Record<string, string> = {};
  const lines = text.split('\n');
  while (lines.length > 0) {
    const [, name = '', mark = ''] = /^(\w+)<<(.+)$/.exec(lines.shift() ?? '') ?? [];
    if (name === '') continue;
    outputs[name] = lines.splice(0, lines.indexOf(mark)).join('\n');
    lines.shift();
  }
  return outputs;
}

/** A stand-in for npm. It installs the package of this repository, and records its arguments. */
const NPM = `#!/bin/bash
printf '%s\\n' "$@" > "$RUNNER_TEMP/npm-arguments"
while [ "$1" != --prefix ]; do shift; done
mkdir -p "$2/node_modules"
ln -sfn '${ROOT}' "$2/node_modules/edge-upload"
`;

/** Opens a GitHub Actions job that uses the action, without a network. Bash runs the steps as the runner does. */
export async function openJob(t: Pick<TestContext, 'after'>): Promise<Job> {
  const home = await mkdtemp(join(tmpdir(), 'edge-upload-job-'));
  t.after(() => rm(home, { recursive: true, force: true }));
  const [workspace, temp, bin] = ['work', 'temp', 'bin'].map((name) => join(home, name)) as [
    string,
    string,
    string,
  ];
  for (const folder of [workspace, temp, bin]) await mkdir(folder);
  await writeFile(join(bin, 'npm'), NPM, { mode: 0o755 });
  await symlink(process.execPath, join(bin, 'node'));
  const action = await readAction();
  return {
    workspace,
    async run(given, more = {}) {
      const defaults = Object.entries(action.inputs).map(([name, one]) => [name, one.default ?? '']);
      const inputs = { ...Object.fromEntries(defaults), ...given };
      const files = { GITHUB_OUTPUT: join(temp, 'output'), GITHUB_STEP_SUMMARY: join(temp, 'summary') };
      for (const file of Object.values(files)) await writeFile(file, '');
      const env = {
        PATH: `${bin}:/usr/bin:/bin`,
        HOME: home,
        RUNNER_TEMP: temp,
        GITHUB_ACTION_PATH: ROOT,
        GITHUB_ACTIONS: 'true',
        CI: 'true',
        ...files,
        ...more,
      };
      let log = '';
      let code: number | null = 0;
      for (const step of action.runs.steps) {
        const own = Object.entries(step.env ?? {}).map(([name, value]) => [
          name,
          evaluate(value, inputs, env),
        ]);
        const script = join(temp, 'script.sh');
        await writeFile(script, step.run ?? '');
        // https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax#defaultsrunshell
        const ran = await runProgram('bash', ['--noprofile', '--norc', '-eo', 'pipefail', script], {
          cwd: workspace,
          env: { ...env, ...Object.fromEntries(own) },
        });
        log += ran.stdout + ran.stderr;
        code = ran.code;
        if (code !== 0) break;
      }
      return {
        code,
        log,
        outputs: readOutputs(await readFile(files.GITHUB_OUTPUT, 'utf8')),
        summary: await readFile(files.GITHUB_STEP_SUMMARY, 'utf8'),
      };
    },
  };
}
