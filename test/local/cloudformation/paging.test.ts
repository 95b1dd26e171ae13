import assert from 'node:assert/strict';
import { test } from 'node:test';
import { awsError } from '../../support/aws-error.ts';
import { setUp, template, thing } from './fixture.ts';

/** Reads all pages. */
async function collect<T>(
  turn: (NextToken: string | undefined) => Promise<{ items: T[] | undefined; next: string | undefined }>,
): Promise<T[][]> {
  const pages: T[][] = [];
  for (let next: string | undefined; pages.length === 0 || next !== undefined; ) {
    const page = await turn(next);
    pages.push(page.items ?? []);
    next = page.next;
  }
  return pages;
}

const many = (count: number) =>
  template(Object.fromEntries(Array.from({ length: count }, (_, at) => [`N${at}`, thing()])));

test('lists events and resources in pages of 100, each once', async (t) => {
  const { sdk, create } = await setUp(t);
  await create('one', many(110));
  const events = await collect(async (NextToken) => {
    const page = await sdk.describeStackEvents({ StackName: 'one', NextToken });
    return { items: page.StackEvents, next: page.NextToken };
  });
  assert.deepEqual(
    events.map(({ length }) => length),
    [100, 100, 100, 32],
  );
  assert.equal(new Set(events.flat().map(({ EventId }) => EventId)).size, 332);
  assert.equal(events[0]?.[0]?.ResourceStatus, 'CREATE_COMPLETE');
  assert.equal(events.at(-1)?.at(-1)?.ResourceStatusReason, 'User Initiated');
  const resources = await collect(async (NextToken) => {
    const page = await sdk.listStackResources({ StackName: 'one', NextToken });
    return { items: page.StackResourceSummaries, next: page.NextToken };
  });
  assert.deepEqual(
    resources.map(({ length }) => length),
    [100, 10],
  );
  const { Id } = await sdk.createChangeSet({
    StackName: 'two',
    ChangeSetName: 'c',
    ChangeSetType: 'CREATE',
    TemplateBody: JSON.stringify(many(101)),
  });
  const changes = await collect(async (NextToken) => {
    const page = await sdk.describeChangeSet({ ChangeSetName: Id, NextToken });
    return { items: page.Changes, next: page.NextToken };
  });
  assert.deepEqual(
    changes.map(({ length }) => length),
    [100, 1],
  );
});

test('neither repeats nor hides events that arrive during paging', async (t) => {
  const { sdk, create, update } = await setUp(t);
  await create('one', many(40));
  const first = await sdk.describeStackEvents({ StackName: 'one' });
  await update('one', many(41));
  const second = await sdk.describeStackEvents({ StackName: 'one', NextToken: first.NextToken });
  const ids = [...(first.StackEvents ?? []), ...(second.StackEvents ?? [])].map(({ EventId }) => EventId);
  assert.equal(ids.length, 122);
  assert.equal(new Set(ids).size, 122);
});

test('lists stacks in pages of 100, newest first, filtered by status', async (t) => {
  const { sdk } = await setUp(t);
  const TemplateBody = JSON.stringify(template({ A: thing() }));
  for (let at = 0; at < 101; at += 1) {
    await sdk.createChangeSet({
      StackName: `s${at}`,
      ChangeSetName: 'c',
      ChangeSetType: 'CREATE',
      TemplateBody,
    });
  }
  const described = await collect(async (NextToken) => {
    const page = await sdk.describeStacks({ NextToken });
    return { items: page.Stacks, next: page.NextToken };
  });
  assert.deepEqual(
    described.map(({ length }) => length),
    [100, 1],
  );
  const listed = await collect(async (NextToken) => {
    const page = await sdk.listStacks({ StackStatusFilter: ['REVIEW_IN_PROGRESS'], NextToken });
    return { items: page.StackSummaries, next: page.NextToken };
  });
  assert.equal(new Set(listed.flat().map(({ StackId }) => StackId)).size, 101);
  assert.deepEqual((await sdk.listStacks({ StackStatusFilter: ['CREATE_COMPLETE'] })).StackSummaries, []);
  await assert.rejects(
    sdk.listStacks({ StackStatusFilter: ['DONE' as 'CREATE_COMPLETE'] }),
    awsError('ValidationError', /enum value set/),
  );
  await assert.rejects(sdk.listStacks({ NextToken: 'x' }), awsError('ValidationError', 'Invalid NextToken'));
});

test('skips no stack, resource or change set if others are removed between two pages', async (t) => {
  const { sdk, create, update, idle } = await setUp(t);
  const TemplateBody = JSON.stringify(template({ A: thing() }));
  const review = { ChangeSetType: 'CREATE', TemplateBody } as const;
  const names = Array.from({ length: 101 }, (_, at) => `s${at}`);
  for (const name of names) await sdk.createChangeSet({ StackName: name, ChangeSetName: 'c', ...review });
  for (const name of names) await sdk.createChangeSet({ StackName: 's0', ChangeSetName: name, ...review });
  await create('whole', many(101));
  const ids = Object.keys(many(101).Resources as object).sort();
  const inReview = { StackStatusFilter: ['REVIEW_IN_PROGRESS' as const] };

  const stacks = await sdk.describeStacks({});
  const listed = await sdk.listStacks(inReview);
  const changeSets = await sdk.listChangeSets({ StackName: 's0' });
  const resources = await sdk.listStackResources({ StackName: 'whole' });
  await sdk.deleteStack({ StackName: 's100' });
  await sdk.deleteChangeSet({ StackName: 's0', ChangeSetName: 's100' });
  await idle();
  await update('whole', template(Object.fromEntries(ids.slice(1).map((id) => [id, thing()]))));

  const { Stacks = [] } = await sdk.describeStacks({ NextToken: stacks.NextToken });
  const { StackSummaries = [] } = await sdk.listStacks({ ...inReview, NextToken: listed.NextToken });
  const { Summaries = [] } = await sdk.listChangeSets({
    StackName: 's0',
    NextToken: changeSets.NextToken,
  });
  const { StackResourceSummaries = [] } = await sdk.listStackResources({
    StackName: 'whole',
    NextToken: resources.NextToken,
  });
  const both = <T>(first: readonly T[] | undefined, second: readonly T[], nameOf: (item: T) => unknown) =>
    [...(first ?? []), ...second].map(nameOf).sort();
  assert.deepEqual(
    both(stacks.Stacks, Stacks, ({ StackName }) => StackName),
    [...names, 'whole'].sort(),
  );
  assert.deepEqual(
    both(listed.StackSummaries, StackSummaries, ({ StackName }) => StackName),
    names.toSorted(),
  );
  assert.deepEqual(
    both(changeSets.Summaries, Summaries, ({ ChangeSetName }) => ChangeSetName),
    [...names, 'c'].sort(),
  );
  assert.deepEqual(
    both(resources.StackResourceSummaries, StackResourceSummaries, (one) => one.LogicalResourceId),
    ids.toSorted(),
  );
});
