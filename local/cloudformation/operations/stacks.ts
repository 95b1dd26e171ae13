import { omitUndefined } from '../../../protocol/omit-undefined.ts';
import { AwsError } from '../../wire/errors.ts';
import { own, type StackRecord } from '../stack/model.ts';
import { planChanges } from '../stack/plan.ts';
import { choice, flag, requiredText, texts } from '../wire/query.ts';
import type { Operation } from './context.ts';
import { refuseOtherModes } from './deployment-mode.ts';
import { isRepeated, requestOf } from './requests.ts';
import { newName, onFailure, readSource, SOURCE_PARAMETERS } from './source.ts';
import { policyOf } from './stack-policies.ts';
import {
  beginContinueRollback,
  beginCreate,
  beginDelete,
  beginRollback,
  beginUpdate,
  blankStack,
  outdated,
  refuseUnlessUpdatable,
} from './transitions.ts';

export const createStack: Operation = {
  takes: [
    ...SOURCE_PARAMETERS,
    'StackName',
    'OnFailure',
    'DisableRollback',
    'RetainExceptOnCreate',
    'EnableTerminationProtection',
    'StackPolicyBody',
    'ClientRequestToken',
    'DeploymentConfig',
  ],
  run(query, context) {
    refuseOtherModes(query);
    const name = newName(query, 'StackName');
    const request = requestOf('CreateStack', query);
    const there = context.store.find(name);
    if (there !== undefined && isRepeated(there, request)) return { StackId: there.id };
    if (there !== undefined) throw new AwsError('AlreadyExistsException', `Stack [${name}] already exists`);
    const failing = onFailure(query, 'OnFailure');
    if (failing !== undefined && own(query, 'DisableRollback') !== undefined) {
      throw new AwsError(
        'ValidationError',
        'You can specify either DisableRollback or OnFailure, but not both.',
      );
    }
    const source = readSource(query, context.handlers);
    const policy = policyOf(query, 'StackPolicyBody');
    const blank: StackRecord = {
      ...blankStack(name, context),
      terminationProtection: flag(query, 'EnableTerminationProtection'),
      ...omitUndefined({ onFailure: failing, policy }),
    };
    planChanges(blank, source, context.handlers);
    const options = {
      request,
      onFailure: failing ?? (flag(query, 'DisableRollback') ? 'DO_NOTHING' : 'ROLLBACK'),
      retainExceptOnCreate: flag(query, 'RetainExceptOnCreate'),
    } as const;
    beginCreate(blank, source, options, context);
    return { StackId: blank.id };
  },
};

export const updateStack: Operation = {
  takes: [
    ...SOURCE_PARAMETERS,
    'StackName',
    'DisableRollback',
    'RetainExceptOnCreate',
    'StackPolicyBody',
    'StackPolicyDuringUpdateBody',
    'ClientRequestToken',
    'DeploymentConfig',
  ],
  run(query, context) {
    refuseOtherModes(query);
    const stack = context.store.require(requiredText(query, 'StackName'), 'in brackets');
    const request = requestOf('UpdateStack', query);
    if (isRepeated(stack, request)) return { StackId: stack.id };
    const preserving = flag(query, 'DisableRollback');
    refuseUnlessUpdatable(stack, preserving);
    const source = readSource(query, context.handlers, stack.source);
    if (planChanges(stack, source, context.handlers).changesNothing && !stack.status.endsWith('_FAILED')) {
      throw new AwsError('ValidationError', 'No updates are to be performed.');
    }
    const policy = policyOf(query, 'StackPolicyBody') ?? stack.policy;
    const options = {
      request,
      policyDuringUpdate: policyOf(query, 'StackPolicyDuringUpdateBody'),
      onFailure: preserving ? 'DO_NOTHING' : 'ROLLBACK',
      retainExceptOnCreate: flag(query, 'RetainExceptOnCreate'),
    } as const;
    const changed = {
      ...stack,
      ...omitUndefined({ policy }),
      changeSets: outdated(stack.changeSets),
    };
    beginUpdate(changed, source, options, context);
    return { StackId: stack.id };
  },
};

export const deleteStack: Operation = {
  takes: ['StackName', 'RetainResources', 'ClientRequestToken', 'DeletionMode', 'DeploymentConfig'],
  run(query, context) {
    refuseOtherModes(query);
    const stack = context.store.find(requiredText(query, 'StackName'));
    const request = requestOf('DeleteStack', query);
    const retain = texts(query, 'RetainResources');
    const mode = choice(query, 'DeletionMode', ['STANDARD', 'FORCE_DELETE_STACK']);
    // Deleting what is not there, or is gone or going already, succeeds.
    if (stack === undefined || stack.status === 'DELETE_COMPLETE' || stack.status === 'DELETE_IN_PROGRESS') {
      return {};
    }
    if (isRepeated(stack, request)) return {};
    refuseUnlessDeletable(stack);
    const isForced = mode === 'FORCE_DELETE_STACK';
    if ((retain.length > 0 || isForced) && stack.status !== 'DELETE_FAILED') {
      throw new AwsError(
        'ValidationError',
        `Invalid operation on stack [${stack.id}]. Specify RetainResources or FORCE_DELETE_STACK only when stack is in DELETE_FAILED state.`,
      );
    }
    const failed = idsInState(stack, 'DELETE_FAILED');
    const superfluous = retain.filter((logicalId) => !failed.includes(logicalId));
    if (superfluous.length > 0) {
      throw new AwsError(
        'ValidationError',
        `The specified resources to retain must be in a valid state. Do not specify resources that are not in state DELETE_FAILED: [${superfluous.join(', ')}]`,
      );
    }
    beginDelete(stack, isForced ? failed : retain, request, context);
    return {};
  },
};

/** A stack that is being created may be deleted at once; any other operation has to come to its end first. */
function refuseUnlessDeletable({ id, name, status, terminationProtection }: StackRecord): void {
  if (terminationProtection) {
    throw new AwsError(
      'ValidationError',
      `Stack [${name}] cannot be deleted while TerminationProtection is enabled`,
    );
  }
  const deletable = !status.endsWith('_IN_PROGRESS') || /^(REVIEW|CREATE)_IN_PROGRESS$/.test(status);
  if (deletable) return;
  throw new AwsError('ValidationError', `Stack [${id}] cannot be deleted while in status ${status}`);
}

function idsInState({ resources }: StackRecord, status: string): string[] {
  return Object.entries(resources)
    .filter(([, record]) => record.status === status)
    .map(([logicalId]) => logicalId);
}

export const continueUpdateRollback: Operation = {
  takes: ['StackName', 'ResourcesToSkip', 'ClientRequestToken'],
  run(query, context) {
    const stack = context.store.require(requiredText(query, 'StackName'), 'in brackets');
    const request = requestOf('ContinueUpdateRollback', query);
    if (isRepeated(stack, request)) return {};
    const skip = texts(query, 'ResourcesToSkip');
    const wrong = skip.filter((id) => own(stack.resources, id)?.status !== 'UPDATE_FAILED');
    if (wrong.length > 0) {
      throw new AwsError(
        'ValidationError',
        `Only resources in UPDATE_FAILED state can be skipped: [${wrong.join(', ')}]`,
      );
    }
    beginContinueRollback(stack, skip, request, context);
    return {};
  },
};

export const rollbackStack: Operation = {
  takes: ['StackName', 'RetainExceptOnCreate', 'ClientRequestToken'],
  run(query, context) {
    const stack = context.store.require(requiredText(query, 'StackName'), 'in brackets');
    const request = requestOf('RollbackStack', query);
    if (isRepeated(stack, request)) return { StackId: stack.id };
    beginRollback(stack, flag(query, 'RetainExceptOnCreate'), request, context);
    return { StackId: stack.id };
  },
};

export const updateTerminationProtection: Operation = {
  takes: ['StackName', 'EnableTerminationProtection'],
  run(query, { store }) {
    const stack = store.require(requiredText(query, 'StackName'), 'in brackets');
    requiredText(query, 'EnableTerminationProtection');
    if (stack.status === 'DELETE_COMPLETE') {
      throw new AwsError('ValidationError', `Stack [${stack.id}] does not exist`);
    }
    store.put({ ...stack, terminationProtection: flag(query, 'EnableTerminationProtection') });
    return { StackId: stack.id };
  },
};
