import { omitUndefined } from '../../../protocol/fields.ts';
import { own } from '../../json.ts';
import { flag, list, oneOf, required, text, withDefault } from '../../shape.ts';
import { AwsError } from '../../wire/errors.ts';
import { validationError } from '../errors.ts';
import type { StackRecord } from '../stack/model.ts';
import { planChanges } from '../stack/plan.ts';
import { operation } from './operation.ts';
import {
  deploymentConfig,
  newName,
  onFailure,
  requestFields,
  sourceFields,
  stackPolicy,
} from './parameters.ts';
import { readSource } from './source.ts';
import {
  beginContinueRollback,
  beginCreate,
  beginDelete,
  beginRollback,
  beginUpdate,
  blankStack,
  isRepeated,
  outdated,
  refuseUnlessUpdatable,
} from './transitions.ts';

const startingFields = {
  ...requestFields,
  ...sourceFields,
  DisableRollback: flag(),
  RetainExceptOnCreate: withDefault(flag(), false),
  StackPolicyBody: stackPolicy,
  DeploymentConfig: deploymentConfig,
};

/** A stack can be deleted while it is being created. Every other operation must end first. */
function refuseUnlessDeletable({ id, name, status, terminationProtection }: StackRecord): void {
  if (terminationProtection) {
    throw validationError(`Stack [${name}] cannot be deleted while TerminationProtection is enabled`);
  }
  const deletable = !status.endsWith('_IN_PROGRESS') || /^(REVIEW|CREATE)_IN_PROGRESS$/.test(status);
  if (deletable) return;
  throw validationError(`Stack [${id}] cannot be deleted while in status ${status}`);
}

function idsInState({ resources }: StackRecord, status: string): string[] {
  return Object.entries(resources)
    .filter(([, record]) => record.status === status)
    .map(([logicalId]) => logicalId);
}

export const stacks = {
  CreateStack: operation(
    {
      StackName: required(newName),
      ...startingFields,
      OnFailure: onFailure,
      EnableTerminationProtection: withDefault(flag(), false),
    },
    async (context, input) => {
      const { StackName: name, OnFailure, DisableRollback } = input;
      const request = { action: 'CreateStack', token: input.ClientRequestToken };
      const sourceFor = await readSource(input, context);
      const existing = context.store.find(name);
      if (existing !== undefined) {
        if (isRepeated(existing, request)) return { StackId: existing.id };
        throw new AwsError('AlreadyExistsException', `Stack [${name}] already exists`);
      }
      if (OnFailure !== undefined && DisableRollback !== undefined) {
        throw validationError('You can specify either DisableRollback or OnFailure, but not both.');
      }
      const source = sourceFor();
      const blank: StackRecord = {
        ...blankStack(name, context),
        terminationProtection: input.EnableTerminationProtection,
        ...omitUndefined({ onFailure: OnFailure, policy: input.StackPolicyBody }),
      };
      planChanges(blank, source, context.handlers);
      const options = {
        request,
        onFailure: OnFailure ?? (DisableRollback === true ? 'DO_NOTHING' : 'ROLLBACK'),
        retainExceptOnCreate: input.RetainExceptOnCreate,
      } as const;
      beginCreate(blank, source, options, context);
      return { StackId: blank.id };
    },
  ),
  UpdateStack: operation(
    { StackName: required(text()), ...startingFields, StackPolicyDuringUpdateBody: stackPolicy },
    async (context, input) => {
      const sourceFor = await readSource(input, context);
      const stack = context.store.require(input.StackName, 'in brackets');
      const request = { action: 'UpdateStack', token: input.ClientRequestToken };
      if (isRepeated(stack, request)) return { StackId: stack.id };
      const preserving = input.DisableRollback === true;
      refuseUnlessUpdatable(stack, preserving);
      const source = sourceFor(stack.source);
      if (planChanges(stack, source, context.handlers).changesNothing && !stack.status.endsWith('_FAILED')) {
        throw validationError('No updates are to be performed.');
      }
      const options = {
        request,
        policyDuringUpdate: input.StackPolicyDuringUpdateBody,
        onFailure: preserving ? 'DO_NOTHING' : 'ROLLBACK',
        retainExceptOnCreate: input.RetainExceptOnCreate,
      } as const;
      const changed = {
        ...stack,
        ...omitUndefined({ policy: input.StackPolicyBody }),
        changeSets: outdated(stack.changeSets),
      };
      beginUpdate(changed, source, options, context);
      return { StackId: stack.id };
    },
  ),
  DeleteStack: operation(
    {
      StackName: required(text()),
      ...requestFields,
      RetainResources: withDefault(list(text()), []),
      DeletionMode: oneOf(['STANDARD', 'FORCE_DELETE_STACK']),
      DeploymentConfig: deploymentConfig,
    },
    (context, { StackName, RetainResources: retain, DeletionMode, ClientRequestToken }) => {
      const stack = context.store.find(StackName);
      const request = { action: 'DeleteStack', token: ClientRequestToken };
      // Deleting a stack that does not exist, is deleted, or is being deleted succeeds.
      if (
        stack === undefined ||
        stack.status === 'DELETE_COMPLETE' ||
        stack.status === 'DELETE_IN_PROGRESS'
      ) {
        return undefined;
      }
      if (isRepeated(stack, request)) return undefined;
      refuseUnlessDeletable(stack);
      const isForced = DeletionMode === 'FORCE_DELETE_STACK';
      if ((retain.length > 0 || isForced) && stack.status !== 'DELETE_FAILED') {
        throw validationError(
          `Invalid operation on stack [${stack.id}]. Specify RetainResources or FORCE_DELETE_STACK only when stack is in DELETE_FAILED state.`,
        );
      }
      const failed = idsInState(stack, 'DELETE_FAILED');
      const superfluous = retain.filter((logicalId) => !failed.includes(logicalId));
      if (superfluous.length > 0) {
        throw validationError(
          `The specified resources to retain must be in a valid state. Do not specify resources that are not in state DELETE_FAILED: [${superfluous.join(', ')}]`,
        );
      }
      beginDelete(stack, isForced ? failed : retain, request, context);
    },
  ),
  ContinueUpdateRollback: operation(
    { StackName: required(text()), ...requestFields, ResourcesToSkip: withDefault(list(text()), []) },
    (context, { StackName, ResourcesToSkip: skip, ClientRequestToken }) => {
      const stack = context.store.require(StackName, 'in brackets');
      const request = { action: 'ContinueUpdateRollback', token: ClientRequestToken };
      if (isRepeated(stack, request)) return undefined;
      const wrong = skip.filter((id) => own(stack.resources, id)?.status !== 'UPDATE_FAILED');
      if (wrong.length > 0) {
        throw validationError(`Only resources in UPDATE_FAILED state can be skipped: [${wrong.join(', ')}]`);
      }
      beginContinueRollback(stack, skip, request, context);
    },
  ),
  RollbackStack: operation(
    { StackName: required(text()), ...requestFields, RetainExceptOnCreate: withDefault(flag(), false) },
    (context, { StackName, RetainExceptOnCreate, ClientRequestToken }) => {
      const stack = context.store.require(StackName, 'in brackets');
      const request = { action: 'RollbackStack', token: ClientRequestToken };
      if (!isRepeated(stack, request)) beginRollback(stack, RetainExceptOnCreate, request, context);
      return { StackId: stack.id };
    },
  ),
  UpdateTerminationProtection: operation(
    { StackName: required(text()), EnableTerminationProtection: required(flag()) },
    ({ store }, { StackName, EnableTerminationProtection: terminationProtection }) => {
      const stack = store.require(StackName, 'in brackets');
      if (stack.status === 'DELETE_COMPLETE') {
        throw validationError(`Stack [${stack.id}] does not exist`);
      }
      store.put({ ...stack, terminationProtection });
      return { StackId: stack.id };
    },
  ),
  /** A policy can be replaced, but not removed. */
  SetStackPolicy: operation(
    { StackName: required(text()), StackPolicyBody: stackPolicy },
    ({ store }, { StackName, StackPolicyBody: policy }) => {
      const stack = store.require(StackName, 'in brackets');
      if (policy === undefined) {
        throw validationError('You must specify either StackPolicyBody or StackPolicyURL.');
      }
      store.put({ ...stack, policy });
    },
  ),
  GetStackPolicy: operation({ StackName: required(text()) }, ({ store }, { StackName }) => {
    return { StackPolicyBody: store.require(StackName, 'in brackets').policy };
  }),
};
