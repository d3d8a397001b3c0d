import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { openMembership, type GroupMembership } from '../../src/kafka/membership.ts'
import { sharedStack, uniqueName, waitUntil } from '../stack-under-test.ts'
import { adminOf, settings } from './fetch-under-test.ts'
import { createTopic } from './topic-under-test.ts'

interface Member {
  readonly membership: GroupMembership
  /** Newest assignment, ascending; undefined before the first. */
  partitions: number[] | undefined
  joins: number
  readonly errors: unknown[]
}

function startMember(t: TestContext, group: string, topic: string): Member {
  const errors: unknown[] = []
  const membership = openMembership(
    settings(),
    group,
    topic,
    () => 50,
    (error) => errors.push(error),
  )
  const member: Member = { membership, partitions: undefined, joins: 0, errors }
  membership.start((partitions) => {
    member.partitions = partitions.toSorted((a, b) => a - b)
    member.joins++
  })
  t.after(() => membership.close())
  return member
}

function newTopic(partitions: number): Promise<string> {
  return createTopic(sharedStack().brokers, uniqueName('members'), partitions)
}

async function shared(members: readonly Member[], count: number): Promise<void> {
  await waitUntil(
    () => {
      const given = members.flatMap(({ partitions }) => partitions ?? [])
      return (
        given.length === count &&
        new Set(given).size === count &&
        members.every(({ partitions }) => (partitions?.length ?? 0) > 0)
      )
    },
    { deadlineMs: 20_000, what: `${members.length} members share ${count} partitions` },
  )
}

test('two members share the partitions, and when one leaves the other has all of them at once', async (t) => {
  const [group, topic] = [uniqueName('group'), await newTopic(4)]
  const first = startMember(t, group, topic)
  await shared([first], 4)
  const second = startMember(t, group, topic)
  await shared([first, second], 4)
  assert.deepEqual([first.partitions?.length, second.partitions?.length], [2, 2])
  const leftAtMs = performance.now()
  await first.membership.close()
  await shared([second], 4)
  assert.ok(performance.now() - leftAtMs < 7_000, 'it does not wait for the session to run out')
})

test('two groups do not share: each has every partition', async (t) => {
  const topic = await newTopic(2)
  const members = [startMember(t, uniqueName('one'), topic), startMember(t, uniqueName('two'), topic)]
  for (const member of members) await shared([member], 2)
})

test('a member that joins again is told its partitions, those too that were added meanwhile', async (t) => {
  const [group, topic] = [uniqueName('group'), await newTopic(2)]
  const member = startMember(t, group, topic)
  await shared([member], 2)
  await adminOf(t).createPartitions({ topics: [{ name: topic, count: 5 }] })
  member.membership.rejoin()
  await shared([member], 5)
  assert.equal(member.joins, 2)
})

test('a member that is thrown out of its group joins again by itself', async (t) => {
  const [group, topic] = [uniqueName('group'), await newTopic(3)]
  const member = startMember(t, group, topic)
  await shared([member], 3)
  await adminOf(t).removeMembersFromConsumerGroup({ groupId: group, members: null })
  await waitUntil(() => member.joins === 2, { deadlineMs: 20_000, what: 'it joins again' })
  assert.deepEqual(member.partitions, [0, 1, 2])
})

test('copies of offsets are what tools see, soon and when the member leaves', async (t) => {
  const [group, topic] = [uniqueName('group'), await newTopic(2)]
  const admin = adminOf(t)
  const copies = async (): Promise<Record<number, bigint>> => {
    const [found] = await admin.listConsumerGroupOffsets({ groups: [group] })
    const partitions = found?.topics.find(({ name }) => name === topic)?.partitions ?? []
    return Object.fromEntries(partitions.map((each) => [each.partitionIndex, each.committedOffset]))
  }
  const member = startMember(t, group, topic)
  await shared([member], 2)
  for (const next of [1, 5, 7]) member.membership.commitCopy(topic, 0, next, 0)
  member.membership.commitCopy(topic, 1, 3, -1)
  await waitUntil(async () => (await copies())[0] === 7n, { deadlineMs: 5_000, what: 'the copy is written' })
  assert.deepEqual(await copies(), { 0: 7n, 1: 3n })
  member.membership.commitCopy(topic, 0, 9, 0)
  await member.membership.close()
  assert.deepEqual(await copies(), { 0: 9n, 1: 3n })
})

test('without a broker the trouble is told, and closing takes no time', async () => {
  const errors: unknown[] = []
  const membership = openMembership(
    { brokers: ['127.0.0.1:1'], clientId: 'test' },
    'group',
    'topic',
    () => 10,
    (error) => errors.push(error),
  )
  membership.start(() => assert.fail('nobody can have assigned anything'))
  membership.commitCopy('topic', 0, 1, 0)
  await waitUntil(() => errors.length > 0, { deadlineMs: 20_000, what: 'it tries' })
  const closedAtMs = performance.now()
  await membership.close()
  assert.ok(performance.now() - closedAtMs < 10_000)
})
