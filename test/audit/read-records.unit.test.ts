import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readRanges } from '../../src/audit/read-records.ts'
import type { LogRange, PartitionReader, ReaderEnd } from '../../src/pipeline/log.ts'
import type { SourceRecord } from '../../src/pipeline/record.ts'

const RANGE = { topic: 'orders', topicId: 'id', partition: 0, from: 0, to: 10 }

/** A log that delivers these offsets from wherever it is opened, and then ends as it is told. */
function fakeLog(offsets: readonly number[], ended: ReaderEnd | undefined, range: Partial<LogRange> = {}) {
  let open = 0
  const openReader = ({ offset }: { readonly offset: number }): PartitionReader => {
    open++
    const left = offsets.filter((each) => each >= offset)
    const isAtEnd = (): boolean => left.length === 0
    return {
      get position() {
        return Math.max(offset, (offsets.at(-1) ?? -1) + 1)
      },
      get nextRecord() {
        return left[0] ?? this.position
      },
      logEnd: 10,
      get ended() {
        return isAtEnd() && offset <= (offsets.at(-1) ?? offset) ? ended : undefined
      },
      take: () => left.splice(0, 2).map(record),
      readable: async () => {},
      close: () => void open--,
    }
  }
  const log = { open: openReader, range: async () => ({ start: 0, end: 10, leaderEpoch: 0, ...range }) }
  return { log, openReaders: () => open }
}

function record(offset: number): SourceRecord {
  const place = { topic: 'orders', partition: 0, offset, timestampMs: 0, leaderEpoch: 0, bytes: 0 }
  return { ...place, key: null, value: null, headers: [] }
}

async function stretches(log: ReturnType<typeof fakeLog>['log'], to = 10) {
  const found: unknown[] = []
  for await (const { stretch } of readRanges(log, [{ ...RANGE, to }])) {
    const offsets = stretch.type === 'records' ? stretch.records.map(({ offset }) => offset) : stretch.type
    found.push([stretch.from, stretch.to, offsets])
  }
  return found
}

test('stretches leave no offset out, also where there is no record', async () => {
  const { log, openReaders } = fakeLog([0, 3, 4, 9], undefined)
  assert.deepEqual(await stretches(log), [
    [0, 4, [0, 3]],
    [4, 10, [4, 9]],
  ])
  assert.equal(openReaders(), 0)
})

test('records behind the end of the range are left out', async () => {
  assert.deepEqual(await stretches(fakeLog([0, 1, 2, 3], undefined).log, 3), [
    [0, 2, [0, 1]],
    [2, 3, [2]],
  ])
})

test('what retention deletes meanwhile is a stretch of its own, and reading goes on behind it', async () => {
  const { log, openReaders } = fakeLog([], 'out_of_range', { start: 10 })
  assert.deepEqual(await stretches(log), [[0, 10, 'deleted']])
  assert.equal(openReaders(), 0)
})

test('a batch that can not be decoded ends the range', async () => {
  assert.deepEqual(await stretches(fakeLog([0, 1], 'unreadable').log), [
    [0, 2, [0, 1]],
    [2, 10, 'unreadable'],
  ])
})

for (const [what, end, message] of [
  ['was cut', 'out_of_range', /was cut while it was being read/],
  ['has another id', 'topic_changed', /deleted or created again/],
] as const) {
  test(`a topic that ${what} meanwhile can not be audited`, async () => {
    await assert.rejects(stretches(fakeLog([0, 1], end).log), message)
  })
}
