import { randomUUID } from 'node:crypto';
import { own } from '../../json.ts';
import { required, text, withDefault } from '../../shape.ts';
import { validationError } from '../errors.ts';
import { differences, driftOf } from '../stack/drift.ts';
import { isInSync, type StackRecord } from '../stack/model.ts';
import { BY_LOGICAL_ID, operation, page, paged } from './operation.ts';
import { words } from './parameters.ts';

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_StackResourceDrift.html */
function driftXml({ id, resources, drift }: StackRecord, logicalId: string) {
  const [record, found] = [own(resources, logicalId), own(drift?.resources ?? {}, logicalId)];
  if (record === undefined || found === undefined) return [];
  const { status, actual } = found;
  return [
    {
      StackId: id,
      LogicalResourceId: logicalId,
      PhysicalResourceId: record.physicalId,
      ResourceType: record.type,
      ExpectedProperties: JSON.stringify(record.properties),
      ActualProperties: actual && JSON.stringify(actual),
      PropertyDifferences:
        actual === undefined ? [] : differences(record.properties, actual).map((one) => ({ ...one })),
      StackResourceDriftStatus: status,
      Timestamp: drift?.at,
    },
  ];
}

export const drift = {
  /**
   * Detects drift at once. On AWS that takes seconds to minutes.
   * https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DetectStackDrift.html
   */
  DetectStackDrift: operation({ StackName: required(text()) }, ({ store, handlers, now }, { StackName }) => {
    const stack = store.require(StackName, 'in brackets');
    if (!stack.status.endsWith('_COMPLETE') && !stack.status.endsWith('_FAILED')) {
      throw validationError(
        `Drift detection cannot be performed on stack [${stack.id}] while it is in ${stack.status} state.`,
      );
    }
    const id = randomUUID();
    const drift = { id, at: now().toISOString(), resources: driftOf(stack.resources, handlers) };
    store.put({ ...stack, drift });
    return { StackDriftDetectionId: id };
  }),
  /** Of a stack, only the results of the last detection are kept. */
  DescribeStackDriftDetectionStatus: operation(
    { StackDriftDetectionId: required(text({ max: 36 })) },
    ({ store }, { StackDriftDetectionId: id }) => {
      const stack = store.all().find(({ drift }) => drift?.id === id);
      if (stack?.drift === undefined) throw validationError(`Drift detection ${id} does not exist`);
      const { at, resources } = stack.drift;
      const drifted = Object.values(resources).filter((one) => !isInSync(one)).length;
      return {
        StackId: stack.id,
        StackDriftDetectionId: id,
        StackDriftStatus: drifted === 0 ? 'IN_SYNC' : 'DRIFTED',
        DetectionStatus: 'DETECTION_COMPLETE',
        DriftedStackResourceCount: String(drifted),
        Timestamp: at,
      };
    },
  ),
  DescribeStackResourceDrifts: operation(
    {
      StackName: required(text()),
      StackResourceDriftStatusFilters: withDefault(
        words(['IN_SYNC', 'MODIFIED', 'DELETED', 'NOT_CHECKED']),
        [],
      ),
      ...paged,
    },
    ({ store }, { StackName, StackResourceDriftStatusFilters: filters, NextToken }) => {
      const stack = store.require(StackName, 'in brackets');
      const wanted = Object.entries(stack.drift?.resources ?? {}).filter(
        ([, { status }]) => filters.length === 0 || filters.includes(status),
      );
      const { items, ...next } = page(wanted, NextToken, BY_LOGICAL_ID);
      return { StackResourceDrifts: items.flatMap(([id]) => driftXml(stack, id)), ...next };
    },
  ),
};
