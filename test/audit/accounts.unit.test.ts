import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkAccounts, checkSettled, type AccountName } from '../../src/audit/accounts.ts'
import type { Reading } from '../../src/audit/reading.ts'
import { balancedReading, deadLetterEntry, entry, OLDER_ID, retryEntry, topics } from './made-up-books.ts'

function off(reading: Reading): AccountName[] {
  return checkAccounts(reading)
    .filter(({ ok }) => !ok)
    .map(({ name }) => name)
}

const settled = { stored: 7, duplicates: 1, dead_lettered: 2 }
const archive = deadLetterEntry({ archived: 2 })

for (const [what, changes, accounts] of [
  ['books that agree with everything', {}, []],
  ['an order that was deleted', { orders: 6 }, ['orders']],
  ['an order that was inserted', { orders: 8 }, ['orders']],
  ['a dead letter that was deleted', { deadLetters: 1 }, ['dead-letters']],
  [
    'an offset that went nowhere',
    { ledger: [entry(settled, { nextOffset: 11 }), archive], topics: topics([0, 11], [0, 2]) },
    ['offsets'],
  ],
  [
    'a column that was lowered below nothing to hide another',
    { ledger: [entry({ ...settled, duplicates: -1, absent: 2 }), archive] },
    ['offsets'],
  ],
  ['a ledger ahead of the log', { topics: topics([0, 9], [0, 2]) }, ['positions']],
  [
    'a ledger before its origin',
    { ledger: [entry({ ...settled, stored: 17, rewound: 22 }, { origin: 5 }), archive], orders: 17 },
    ['positions'],
  ],
  ['unread records that were deleted', { topics: topics([12, 20], [0, 2]) }, ['positions']],
  ['records that were deleted after they were settled', { topics: topics([10, 20], [2, 2]) }, []],
  ['records that are not settled yet', { topics: topics([0, 5_000], [0, 40]) }, []],
  [
    'a partition that nobody read yet',
    { topics: topics([0, 10], [0, 0]), ledger: [], orders: 0, deadLetters: 0 },
    [],
  ],
  [
    'a topic that was deleted after all of it was settled',
    {
      ledger: [
        entry({ stored: 3 }, { topicId: OLDER_ID }),
        entry({ ...settled, stored: 4, absent: 3 }),
        archive,
      ],
    },
    [],
  ],
  [
    'a topic that was deleted with unread records',
    { ledger: [entry({}, { topicId: OLDER_ID, seenEnd: 4 }), entry(settled), archive] },
    ['positions'],
  ],
  [
    'a dead letter that never arrived',
    { ledger: [entry(settled), deadLetterEntry({ archived: 1, absent: 1 })], deadLetters: 1 },
    ['dead-letter-flow'],
  ],
  [
    'dead letters that wait to be archived',
    { ledger: [entry(settled), deadLetterEntry({ archived: 1 })], deadLetters: 1 },
    [],
  ],
  [
    'dead letters of which too few wait',
    {
      ledger: [entry({ ...settled, stored: 6, dead_lettered: 3 }), deadLetterEntry({ archived: 1 })],
      orders: 6,
      deadLetters: 1,
    },
    ['dead-letter-flow'],
  ],
  [
    'one original that became two dead letters in a crash',
    {
      ledger: [entry(settled), deadLetterEntry({ archived: 2, duplicates: 1 })],
      topics: topics([0, 10], [0, 3]),
    },
    [],
  ],
  [
    'records that were sent to retry and came back, one of them ahead of one that waits',
    {
      ledger: [
        entry({ ...settled, retried: 3 }),
        archive,
        retryEntry({ forwarded: 1 }, { ahead: [{ from: 2, to: 3 }] }),
      ],
      topics: topics([0, 13], [0, 2], [0, 3]),
    },
    [],
  ],
  [
    'a record that was sent to retry and never arrived',
    {
      ledger: [entry({ ...settled, retried: 3 }), archive, retryEntry({ forwarded: 1, absent: 1 })],
      topics: topics([0, 13], [0, 2], [0, 3]),
    },
    ['retry-flow'],
  ],
  [
    'a retry that ran out of retries',
    {
      ledger: [
        entry({ ...settled, retried: 1, dead_lettered: 1 }),
        archive,
        retryEntry({ dead_lettered: 1 }),
      ],
      topics: topics([0, 10], [0, 2], [0, 1]),
    },
    [],
  ],
  [
    'records ahead of the position in a log that ends before them',
    {
      ledger: [entry(settled), archive, retryEntry({ forwarded: 1 }, { ahead: [{ from: 4, to: 6 }] })],
      topics: topics([0, 10], [0, 2], [0, 5]),
    },
    ['positions'],
  ],
  [
    'retries that were deleted after they were sent, and one that was not',
    {
      ledger: [entry(settled), archive, retryEntry({ forwarded: 1 }, { ahead: [{ from: 2, to: 6 }] })],
      topics: topics([0, 10], [0, 2], [5, 9]),
    },
    ['positions'],
  ],
  [
    'an order without its delivery',
    { brokenOrders: [{ problem: 'without delivery', count: 1, example: 'a' }] },
    ['whole-orders'],
  ],
  [
    'expired records',
    { ledger: [entry({ ...settled, expired: 3 }), archive], topics: topics([3, 13], [0, 2]) },
    ['expired'],
  ],
  [
    'expired records that somebody looked into',
    {
      ledger: [entry({ ...settled, expired: 3 }, { expiredAcknowledged: 3 }), archive],
      topics: topics([3, 13], [0, 2]),
    },
    [],
  ],
  [
    'offsets that were read again on purpose, and others that were passed over',
    { ledger: [entry({ ...settled, duplicates: 6, rewound: 6, skipped: 1 }), archive] },
    [],
  ],
] as const satisfies readonly (readonly [string, Partial<Reading>, readonly AccountName[]])[]) {
  test(`${what}: ${accounts.length === 0 ? 'balanced' : `${accounts.join(', ')} is off`}`, () => {
    assert.deepEqual(off({ ...balancedReading(), ...changes }), accounts)
  })
}

test('an account that is off says where, and what to do', () => {
  const reading = { ...balancedReading(), topics: topics([12, 20], [0, 2]) }
  const account = checkAccounts(reading).find(({ name }) => name === 'positions')
  assert.match(
    account?.explanation ?? '',
    /orders-0 stands at 10, but its log starts at 12: 2 unread records/,
  )
  assert.match(account?.advice ?? '', /produce them again/)
})

test('a topic that does not exist is off, since it may be another one that was meant', () => {
  const { topics: known, ...rest } = balancedReading()
  const gone = known.map((topic) => ({ ...topic, topicId: undefined, partitions: [] }))
  assert.deepEqual(off({ ...rest, topics: gone }), ['positions'])
})

test('the books of another consumer group count for the tables, and not for our dead letters', () => {
  const { ledger, ...rest } = balancedReading()
  const other = entry({ stored: 5, dead_lettered: 4 }, { consumerGroup: 'other' })
  assert.deepEqual(off({ ...rest, ledger: [...ledger, other], orders: 12 }), [])
})

test('settled means that no partition of the three topics has a lag', () => {
  assert.equal(checkSettled(balancedReading(), false).ok, true)
  const reading = { ...balancedReading(), topics: topics([0, 10], [0, 5]) }
  const behind = checkSettled(reading, false)
  assert.deepEqual([behind.ok, behind.actual], [false, 3])
  assert.match(behind.explanation, /orders_dlq-0: 3/)
})

test('what was produced after everything was at rest does not take that back', () => {
  const reading = { ...balancedReading(), topics: topics([0, 10], [0, 5]) }
  assert.deepEqual([checkSettled(reading, true).ok, checkSettled(reading, true).actual], [true, 0])
})

test('what is settled ahead of the position is no lag', () => {
  const ahead = [
    { from: 3, to: 5 },
    { from: 7, to: 8 },
  ]
  const ledger = [...balancedReading().ledger, retryEntry({ forwarded: 2 }, { ahead })]
  const reading = { ...balancedReading(), ledger, topics: topics([0, 10], [0, 2], [0, 10]) }
  assert.equal(checkSettled(reading, false).actual, 5)
})
