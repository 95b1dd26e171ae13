import type { JsonObject } from '../../json.ts';
import { AwsError } from '../../wire/errors.ts';
import { checkStackPolicy } from '../stack/policy.ts';
import { optionalText, requiredText } from '../wire/query.ts';
import type { Operation } from './context.ts';

/** The stack policy that a request carries, checked. @throws AwsError `ValidationError` */
export function policyOf(query: JsonObject, name: 'StackPolicyBody' | 'StackPolicyDuringUpdateBody') {
  const policy = optionalText(query, name);
  if (policy !== undefined) checkStackPolicy(policy);
  return policy;
}

/** A policy can be replaced, never removed. */
export const setStackPolicy: Operation = {
  takes: ['StackName', 'StackPolicyBody'],
  run(query, { store }) {
    const stack = store.require(requiredText(query, 'StackName'), 'in brackets');
    const policy = policyOf(query, 'StackPolicyBody');
    if (policy === undefined) {
      throw new AwsError('ValidationError', 'You must specify either StackPolicyBody or StackPolicyURL.');
    }
    store.put({ ...stack, policy });
    return {};
  },
};

export const getStackPolicy: Operation = {
  takes: ['StackName'],
  run(query, { store }) {
    const { policy } = store.require(requiredText(query, 'StackName'), 'in brackets');
    return { StackPolicyBody: policy };
  },
};
