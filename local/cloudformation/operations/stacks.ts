import { AwsError } from '../../wire/errors.ts';
import { changesNothing, planChanges } from '../stack/plan.ts';
import { flag, optionalText, requiredText, texts } from '../wire/query.ts';
import type { Operation } from './context.ts';
import { newStackName, onFailure, readSource, SOURCE_PARAMETERS } from './source.ts';
import {
  beginContinueRollback,
  beginCreate,
  beginDelete,
  beginUpdate,
  blankStack,
  refuseUnlessUpdatable,
} from './transitions.ts';

export const createStack: Operation = {
  takes: [...SOURCE_PARAMETERS, 'StackName', 'OnFailure', 'DisableRollback', 'ClientRequestToken'],
  run(query, context) {
    const name = newStackName(query);
    if (context.store.find(name) !== undefined)
      throw new AwsError('AlreadyExistsException', `Stack [${name}] already exists`);
    const failing = onFailure(query, 'OnFailure');
    if (failing !== undefined && query.DisableRollback !== undefined) {
      throw new AwsError(
        'ValidationError',
        'You can specify either DisableRollback or OnFailure, but not both.',
      );
    }
    const source = readSource(query, context.handlers);
    const token = optionalText(query, 'ClientRequestToken');
    const { events: _review, ...blank } = blankStack(name, context);
    const options = {
      onFailure: failing ?? (flag(query, 'DisableRollback') ? 'DO_NOTHING' : 'ROLLBACK'),
      ...(token === undefined ? {} : { token }),
    } as const;
    beginCreate({ ...blank, events: [] }, source, options, context);
    return { StackId: blank.id };
  },
};

export const updateStack: Operation = {
  takes: [...SOURCE_PARAMETERS, 'StackName', 'DisableRollback', 'ClientRequestToken'],
  run(query, context) {
    const name = requiredText(query, 'StackName');
    const stack = context.store.find(name);
    if (stack === undefined) throw new AwsError('ValidationError', `Stack [${name}] does not exist`);
    refuseUnlessUpdatable(stack);
    const source = readSource(query, context.handlers, stack.source);
    if (changesNothing(stack, source, planChanges(stack, source, context.handlers))) {
      throw new AwsError('ValidationError', 'No updates are to be performed.');
    }
    const token = optionalText(query, 'ClientRequestToken');
    const failing = flag(query, 'DisableRollback') ? 'DO_NOTHING' : 'ROLLBACK';
    beginUpdate(stack, source, { onFailure: failing, ...(token === undefined ? {} : { token }) }, context);
    return { StackId: stack.id };
  },
};

export const deleteStack: Operation = {
  takes: ['StackName', 'RetainResources', 'ClientRequestToken', 'DeletionMode'],
  run(query, context) {
    const stack = context.store.find(requiredText(query, 'StackName'));
    // Deleting what is not there, or is gone or going already, succeeds.
    if (stack === undefined || stack.status === 'DELETE_COMPLETE' || stack.status === 'DELETE_IN_PROGRESS')
      return {};
    const { id, name, status, resources } = stack;
    const retain = texts(query, 'RetainResources');
    const forced = optionalText(query, 'DeletionMode') === 'FORCE_DELETE_STACK';
    if ((retain.length > 0 || forced) && status !== 'DELETE_FAILED') {
      throw new AwsError(
        'ValidationError',
        `Invalid operation on stack [${id}]. Specify RetainResources or FORCE_DELETE_STACK only when stack is in DELETE_FAILED state.`,
      );
    }
    if (status.endsWith('_IN_PROGRESS') && status !== 'REVIEW_IN_PROGRESS') {
      throw new AwsError('ValidationError', `Stack [${name}] cannot be deleted while in status ${status}`);
    }
    const failed = Object.entries(resources)
      .filter((entry) => entry[1].status === 'DELETE_FAILED')
      .map(([logicalId]) => logicalId);
    const superfluous = retain.filter((logicalId) => !failed.includes(logicalId));
    if (superfluous.length > 0) {
      throw new AwsError(
        'ValidationError',
        `The specified resources to retain must be in a valid state. Do not specify resources that are in state DELETE_COMPLETE: [${superfluous.join(', ')}]`,
      );
    }
    beginDelete(stack, forced ? failed : retain, optionalText(query, 'ClientRequestToken'), context);
    return {};
  },
};

export const continueUpdateRollback: Operation = {
  takes: ['StackName', 'ClientRequestToken'],
  run(query, context) {
    const stack = context.store.require(requiredText(query, 'StackName'));
    beginContinueRollback(stack, optionalText(query, 'ClientRequestToken'), context);
    return {};
  },
};
