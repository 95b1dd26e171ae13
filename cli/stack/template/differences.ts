import { isDeepStrictEqual } from 'node:util';

interface Template {
  readonly Resources?: Readonly<Record<string, { readonly Type: string }>>;
  readonly Outputs?: object;
}

/** CloudFormation types of the resources in which two templates differ, sorted; empty where they come to the same. */
export function differingTypes(one: string, other: string): string[] {
  const { Resources: left = {}, Outputs: leftOutputs } = JSON.parse(one) as Template;
  const { Resources: right = {}, Outputs: rightOutputs } = JSON.parse(other) as Template;
  const ids = new Set([...Object.keys(left), ...Object.keys(right)]);
  const types = [...ids].flatMap((id) =>
    isDeepStrictEqual(left[id], right[id]) ? [] : [left[id]?.Type ?? right[id]?.Type ?? ''],
  );
  const stack = isDeepStrictEqual(leftOutputs, rightOutputs) ? [] : ['AWS::CloudFormation::Stack'];
  return [...new Set([...types, ...stack])].sort();
}
