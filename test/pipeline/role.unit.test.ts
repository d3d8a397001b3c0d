import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { BatchLimits } from '../../src/pipeline/batch.ts'
import { Circuit } from '../../src/pipeline/circuit.ts'
import type { Ledger, LedgerKey } from '../../src/pipeline/ledger.ts'
import type { Log } from '../../src/pipeline/log.ts'
import { startRole, type RunningRole } from '../../src/pipeline/role.ts'
import { recordAt, TOPIC_ID } from './made-up-records.ts'

const NEVER_OPEN = new Circuit({
  probe: async () => {},
  random: () => 0,
  opened: () => {},
  closed: () => {},
})

/** A role whose group, log and books are made up; its database never answers to more than a look. */
class RoleAlone implements AsyncDisposable {
  partitionCount: number | undefined = 100
  topicId = TOPIC_ID
  rejoins = 0
  /** How often the topic was asked for. */
  looks = 0
  left = false
  readonly booked: LedgerKey[] = []
  readonly asked: BatchLimits[] = []
  readonly opened: number[] = []
  readonly closed: number[] = []
  assign: (...partitions: number[]) => void = () => {}
  readonly role: RunningRole

  constructor(limits: BatchLimits) {
    this.role = startRole({
      consumerGroup: 'group',
      topic: 'orders',
      instanceId: 'instance',
      limits,
      log: this.#log(),
      ledger: this.#ledger(),
      work: {
        prepare: (record) => record,
        settle: async (_, items) => ({ counts: { stored: items.length } }),
        committed() {},
      },
      membership: {
        start: (onAssignment) => {
          this.assign = (...partitions) => onAssignment(partitions)
        },
        rejoin: () => this.rejoins++,
        close: async () => {
          this.left = true
        },
      },
      events: { held() {}, flowing() {}, fenced() {}, expired() {}, settled() {} },
      circuits: { database: NEVER_OPEN, kafka: NEVER_OPEN },
      idleCheckMs: 60_000,
      watchMs: 1,
      random: () => 0,
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.role.stop()
  }

  #log(): Log {
    return {
      topic: async () => {
        this.looks++
        return this.partitionCount === undefined
          ? undefined
          : { id: this.topicId, partitionCount: this.partitionCount }
      },
      range: async (_, partition) => ({ start: 0, end: partition, leaderEpoch: 0 }),
      commitCopy() {},
      open: ({ partition }) => {
        this.opened.push(partition)
        const { promise, resolve } = Promise.withResolvers<void>()
        let open = true
        let records = [recordAt(0)]
        return {
          position: 1,
          nextRecord: 1,
          logEnd: 1,
          get ended() {
            return open ? undefined : 'closed'
          },
          take: (maxRecords, maxBytes) => {
            this.asked.push({ maxRecords, maxBytes, lingerMs: 0 })
            return records.splice(0)
          },
          readable: () => promise,
          close: () => {
            if (open) this.closed.push(partition)
            open = false
            records = []
            resolve()
          },
        }
      },
    }
  }

  #ledger(): Ledger<undefined> {
    const row = { nextOffset: 0, version: 0, writtenBy: '', fingerprint: undefined }
    return {
      open: async () => row,
      read: async () => row,
      settle: async (_key, _from, work) => {
        await work(undefined)
        return 'committed'
      },
      bookGoneTopics: async (key) => {
        this.booked.push(key)
        return 0
      },
    }
  }
}

async function until(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 5_000
  while (!condition()) {
    assert.ok(Date.now() < deadline, 'did not happen')
    await sleep(1)
  }
}

const LIMITS: BatchLimits = { maxRecords: 160, maxBytes: 16_000_000, lingerMs: 0 }

function range(count: number): number[] {
  return Array.from({ length: count }, (_, partition) => partition)
}

async function sharesOf(limits: BatchLimits, partitions: number): Promise<BatchLimits | undefined> {
  await using alone = new RoleAlone(limits)
  alone.assign(...range(partitions))
  await until(() => alone.asked.length >= partitions)
  return alone.asked.at(-1)
}

const SHARES: ReadonlyArray<readonly [partitions: number, maxRecords: number, maxBytes: number]> = [
  [1, 160, 16_000_000],
  [8, 160, 16_000_000],
  [16, 80, 8_000_000],
  [20, 64, 6_400_000],
  [100, 50, 1_280_000],
]

for (const [partitions, maxRecords, maxBytes] of SHARES) {
  test(`with ${partitions} partitions a batch takes up to ${maxRecords} records and ${maxBytes} bytes`, async () => {
    assert.deepEqual(await sharesOf(LIMITS, partitions), { maxRecords, maxBytes, lingerMs: 0 })
  })
}

test('limits below the smallest share are kept as they are', async () => {
  const small = { maxRecords: 3, maxBytes: 1_000, lingerMs: 0 }
  assert.deepEqual(await sharesOf(small, 40), small)
})

test('before the group has assigned, a role has not joined and has no partitions', async () => {
  await using alone = new RoleAlone(LIMITS)
  assert.deepEqual([alone.role.joined(), alone.role.status()], [false, []])
  alone.assign()
  assert.deepEqual([alone.role.joined(), alone.role.status()], [true, []])
})

test('a partition that is given is read, one that is taken away is closed, the others read their ledger again', async () => {
  await using alone = new RoleAlone(LIMITS)
  const partitions = () => alone.role.status().map(({ partition }) => partition)
  alone.assign(0, 1)
  await until(() => alone.opened.length === 2)
  assert.deepEqual(partitions(), [0, 1])
  alone.assign(1, 2)
  assert.deepEqual(partitions(), [1, 2])
  await until(() => alone.opened.length === 4)
  assert.deepEqual(new Set(alone.closed), new Set([0, 1]))
  assert.deepEqual(new Set(alone.opened.slice(2)), new Set([1, 2]))
})

test('a topic that gets more partitions makes the group assign again', async () => {
  await using alone = new RoleAlone(LIMITS)
  alone.assign(0)
  await until(() => alone.role.status()[0]?.state === 'flowing')
  assert.equal(alone.rejoins, 0)
  alone.partitionCount = 101
  await until(() => alone.rejoins === 1)
})

test('the log end of each partition is looked up while it flows', async () => {
  await using alone = new RoleAlone(LIMITS)
  alone.assign(7)
  await until(() => alone.role.status()[0]?.logEnd === 7)
})

test('a role that stops closes its partitions, leaves the group, and takes no partition any more', async () => {
  const alone = new RoleAlone(LIMITS)
  alone.assign(0)
  await until(() => alone.opened.length === 1)
  await alone.role.stop()
  assert.deepEqual([alone.closed, alone.left], [[0], true])
  alone.assign(0, 1)
  assert.equal(alone.role.status().length, 1)
  assert.deepEqual(alone.opened, [0])
})

test('unread records of earlier topic ids are not booked while the topic id is young', async () => {
  await using alone = new RoleAlone(LIMITS)
  alone.assign(0)
  await until(() => alone.role.status()[0]?.state === 'flowing')
  assert.deepEqual(alone.booked, [])
})

test('once a topic id has been there for 20 seconds, the earlier ones are booked once', async (context) => {
  let nowMs = 1_000_000
  context.mock.method(Date, 'now', () => nowMs)
  await using alone = new RoleAlone(LIMITS)
  const turn = async () => {
    const from = alone.looks
    await until(() => alone.looks > from + 2)
  }
  await turn()
  nowMs += 19_000
  await turn()
  assert.equal(alone.booked.length, 0)
  nowMs += 1_000
  await turn()
  assert.deepEqual(alone.booked, [
    { consumerGroup: 'group', topic: 'orders', topicId: TOPIC_ID, partition: 0 },
  ])
  alone.topicId = 'another'
  await turn()
  nowMs += 20_000
  await turn()
  assert.equal(alone.booked.at(-1)?.topicId, 'another')
  assert.equal(alone.booked.length, 2)
})
