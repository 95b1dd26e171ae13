import { formatError, functionError, unresolvedError, validationError } from '../errors.ts';
import { conditionNeeds } from './conditions.ts';
import { type Reference, references } from './functions.ts';
import { cycle, type Graph } from './graph.ts';
import type { Template } from './parse.ts';

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/pseudo-parameter-reference.html */
const PSEUDO_PARAMETERS = [
  'AWS::AccountId',
  'AWS::NoValue',
  'AWS::NotificationARNs',
  'AWS::Partition',
  'AWS::Region',
  'AWS::StackId',
  'AWS::StackName',
  'AWS::URLSuffix',
];

/** Returns the resources that each resource refers to. */
export function dependencies(template: Template): Graph {
  const entries = [...template.resources].map(([id, { properties, dependsOn }]) => {
    const names = [...references(properties).map(({ name }) => name), ...dependsOn];
    return [id, new Set(names.filter((name) => template.resources.has(name)))] as const;
  });
  return new Map(entries);
}

/** @throws AwsError for undefined names, and for circular references between resources or conditions */
export function checkNames(template: Template): void {
  checkConditions(template);
  checkResources(template);
  checkOutputs(template);
  const waiting = cycle(dependencies(template));
  if (waiting.length > 0) {
    throw validationError(`Circular dependency between resources: [${waiting.join(', ')}]`);
  }
}

function isValue(template: Template, name: string): boolean {
  return PSEUDO_PARAMETERS.includes(name) || template.parameters.has(name);
}

function checkConditions(template: Template): void {
  const graph = new Map<string, ReadonlySet<string>>();
  for (const [name, condition] of template.conditions) {
    const needs = conditionNeeds(condition);
    const lost = needs.names.filter((one) => !isValue(template, one));
    if (lost.length > 0) {
      throw formatError(
        `Unresolved dependencies [${lost.join(', ')}]. Cannot reference resources in the Conditions block of the template`,
      );
    }
    for (const other of needs.conditions) requireCondition(template, other, 'Conditions');
    graph.set(name, new Set(needs.conditions));
  }
  const waiting = cycle(graph);
  if (waiting.length > 0) {
    throw formatError(`Circular dependency between conditions: [${waiting.join(', ')}]`);
  }
}

function checkResources(template: Template): void {
  const lost = new Set<string>();
  for (const [, { properties, dependsOn, condition }] of template.resources) {
    if (condition !== undefined) requireCondition(template, condition, 'Resources');
    for (const name of lostIn(template, references(properties), 'Resources')) lost.add(name);
    for (const name of dependsOn) if (!template.resources.has(name)) lost.add(name);
  }
  if (lost.size > 0) throw unresolvedError(lost, 'Resources');
}

function checkOutputs(template: Template): void {
  const lost = new Set<string>();
  for (const [, { value, exportName = null, condition }] of template.outputs) {
    if (condition !== undefined) requireCondition(template, condition, 'Outputs');
    for (const name of lostIn(template, references([value, exportName]), 'Outputs')) lost.add(name);
  }
  if (lost.size > 0) throw unresolvedError(lost, 'Outputs');
}

/** Returns the names that are neither a value nor a resource. */
function lostIn(template: Template, used: readonly Reference[], block: string): string[] {
  return used
    .filter(({ kind, name }) => {
      if (kind === 'condition') requireCondition(template, name, block);
      if (kind === 'attribute' && !template.resources.has(name)) {
        throw functionError(`instance of Fn::GetAtt references undefined resource ${name}`);
      }
      return kind === 'ref' && !isValue(template, name) && !template.resources.has(name);
    })
    .map(({ name }) => name);
}

function requireCondition(template: Template, name: string, block: string): void {
  if (template.conditions.has(name)) return;
  throw formatError(`Unresolved condition dependency ${name} in the ${block} block of the template`);
}
