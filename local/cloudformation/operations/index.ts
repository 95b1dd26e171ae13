import {
  createChangeSet,
  deleteChangeSet,
  describeChangeSet,
  executeChangeSet,
  listChangeSets,
} from './change-sets.ts';
import {
  describeStackEvents,
  describeStackResource,
  describeStackResources,
  describeStacks,
  listStackResources,
  listStacks,
} from './describe.ts';
import { describeStackDriftDetectionStatus, describeStackResourceDrifts, detectStackDrift } from './drift.ts';
import type { Operation } from './operation.ts';
import {
  continueUpdateRollback,
  createStack,
  deleteStack,
  getStackPolicy,
  rollbackStack,
  setStackPolicy,
  updateStack,
  updateTerminationProtection,
} from './stacks.ts';
import { getTemplate, getTemplateSummary, validateTemplate } from './templates.ts';

/** The supported operations by the name of the action. */
export const OPERATIONS: ReadonlyMap<string, Operation> = new Map([
  ['ContinueUpdateRollback', continueUpdateRollback],
  ['CreateChangeSet', createChangeSet],
  ['CreateStack', createStack],
  ['DeleteChangeSet', deleteChangeSet],
  ['DeleteStack', deleteStack],
  ['DescribeChangeSet', describeChangeSet],
  ['DescribeStackDriftDetectionStatus', describeStackDriftDetectionStatus],
  ['DescribeStackEvents', describeStackEvents],
  ['DescribeStackResource', describeStackResource],
  ['DescribeStackResourceDrifts', describeStackResourceDrifts],
  ['DescribeStackResources', describeStackResources],
  ['DescribeStacks', describeStacks],
  ['DetectStackDrift', detectStackDrift],
  ['ExecuteChangeSet', executeChangeSet],
  ['GetStackPolicy', getStackPolicy],
  ['GetTemplate', getTemplate],
  ['GetTemplateSummary', getTemplateSummary],
  ['ListChangeSets', listChangeSets],
  ['ListStackResources', listStackResources],
  ['ListStacks', listStacks],
  ['RollbackStack', rollbackStack],
  ['SetStackPolicy', setStackPolicy],
  ['UpdateStack', updateStack],
  ['UpdateTerminationProtection', updateTerminationProtection],
  ['ValidateTemplate', validateTemplate],
]);
