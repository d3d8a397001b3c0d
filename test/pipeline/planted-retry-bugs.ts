import { NO_RECORD, type Counts } from '../../src/pipeline/ledger.ts'
import type { RetryLedger, RetryRow, RetryStep, SettledAhead } from '../../src/pipeline/retry-ledger.ts'
import { rowName } from './simulated-database.ts'
import type { Around } from './simulated-instance.ts'
import type { RetryParts, RetryPlant } from './simulated-retries.ts'
import type { HappeningKind } from './simulation.ts'

/** A rule of the protocol that is taken away by wrapping what a worker is made of. */
export interface PlantedRetryBug {
  readonly name: string
  /** Faults without which it does no harm. */
  readonly needs: readonly HappeningKind[]
  readonly plant: RetryPlant
}

const NOTHING: SettledAhead = { forwarded: [], deadLettered: [] }

function withLedger(
  change: (ledger: RetryLedger, parts: RetryParts, around: Around) => Partial<RetryLedger>,
): RetryPlant {
  return (parts, around) => ({
    ...parts,
    ledger: { ...parts.ledger, ...change(parts.ledger, parts, around) },
  })
}

/** Changes each step before it is booked. */
function withSteps(change: (step: RetryStep) => RetryStep): RetryPlant {
  return withLedger((ledger) => ({
    settle: (key, at, work) => ledger.settle(key, at, async () => change(await work())),
  }))
}

function withGaps(change: (expired: number, absent: number) => Counts): RetryPlant {
  return withSteps((step) => {
    const { expired = 0, absent = 0 } = step.counts
    return { ...step, counts: { ...step.counts, ...change(expired, absent) } }
  })
}

function withRows(change: (row: RetryRow) => RetryRow): RetryPlant {
  return withLedger((ledger) => ({ open: async (...at) => change(await ledger.open(...at)) }))
}

export const PLANTED_RETRY_BUGS: readonly PlantedRetryBug[] = [
  {
    name: 'no fence: a step is booked wherever the row stands',
    needs: ['freeze'],
    plant: withLedger((ledger, _, { database }) => ({
      settle: (key, at, work) => ledger.settle(key, database.tables.ledger.get(rowName(key)) ?? at, work),
    })),
  },
  {
    name: 'a fence by the position alone',
    needs: ['freeze'],
    plant: withLedger((ledger, _, { database }) => ({
      settle: (key, at, work) => {
        const { version, writtenBy } = database.tables.ledger.get(rowName(key)) ?? at
        return ledger.settle(key, { nextOffset: at.nextOffset, version, writtenBy }, work)
      },
    })),
  },
  {
    name: 'it is sent before the row is locked',
    needs: ['move'],
    plant: withLedger((ledger) => ({
      settle: async (key, at, work) => {
        const step = await work()
        return ledger.settle(key, at, async () => step)
      },
    })),
  },
  {
    name: 'what was sent ahead is not written down',
    needs: ['move'],
    plant: withSteps((step) => ({ ...step, ahead: NOTHING })),
  },
  {
    name: 'what was sent ahead is not read again',
    needs: ['move'],
    plant: withRows((row) => ({ ...row, ahead: NOTHING })),
  },
  {
    name: 'the position passes those that wait',
    needs: [],
    plant: withSteps((step) => {
      const { forwarded, deadLettered } = step.ahead
      const to = [...forwarded, ...deadLettered].reduce((end, range) => Math.max(end, range.to), step.to)
      const counts = { ...step.counts, forwarded: (step.counts.forwarded ?? 0) + to - step.to }
      return { ...step, to, counts, ahead: NOTHING }
    }),
  },
  {
    name: 'a record that could not be sent is forgotten',
    needs: [],
    plant: (parts) => ({ ...parts, produce: (records) => parts.produce(records).catch(() => []) }),
  },
  {
    name: 'the answer to what is sent is not waited for',
    needs: ['crash'],
    plant: (parts) => ({
      ...parts,
      produce: async (records) => {
        void parts.produce(records).catch(() => {})
        return []
      },
    }),
  },
  {
    name: 'a step without an answer counts as done',
    needs: [],
    plant: withLedger((ledger) => ({
      settle: async (key, at, work) => {
        let worked = false
        try {
          return await ledger.settle(key, at, async () => {
            const step = await work()
            worked = true
            return step
          })
        } catch (error) {
          if (worked) return 'committed'
          throw error
        }
      },
    })),
  },
  {
    name: "Kafka's copy of the offset is written before the step",
    needs: [],
    plant: withLedger((ledger, { log }) => ({
      settle: (key, at, work) =>
        ledger.settle(key, at, async () => {
          const step = await work()
          log.commitCopy(key.topic, key.partition, step.to, 0)
          return step
        }),
    })),
  },
  {
    name: 'between sends, the row is not looked at',
    needs: ['copy', 'restore'],
    plant: withLedger((ledger) => {
      let last: RetryRow | undefined
      return {
        open: async (...at) => {
          last = await ledger.open(...at)
          return last
        },
        read: async (key) => {
          await ledger.read(key)
          return last
        },
        settle: (key, at, work) =>
          ledger.settle(key, at, async () => {
            const step = await work()
            if (last !== undefined) last = { ...last, nextOffset: step.to, version: at.version + 1 }
            return step
          }),
      }
    }),
  },
  {
    name: 'the last record that was settled is not compared, and what is ahead is believed',
    needs: ['cut'],
    plant: (parts) => ({
      ...parts,
      log: {
        ...parts.log,
        range: async (...at) => ({ ...(await parts.log.range(...at)), leaderEpoch: 0 }),
        open: (at) => {
          const reader = parts.log.open(at)
          const take = reader.take.bind(reader)
          reader.take = (count) => take(count).map((record) => ({ ...record, leaderEpoch: 0 }))
          return reader
        },
      },
    }),
  },
  {
    name: 'what is ahead is believed after an operator moved the position',
    needs: ['cut'],
    plant: withRows((row) => ({ ...row, fingerprint: row.fingerprint ?? NO_RECORD })),
  },
  {
    name: 'every gap is booked as absent',
    needs: ['expire'],
    plant: withGaps((expired, absent) => ({ expired: 0, absent: expired + absent })),
  },
  {
    name: 'every gap is booked as expired',
    needs: ['mark'],
    plant: withGaps((expired, absent) => ({ expired: expired + absent, absent: 0 })),
  },
  {
    name: 'a reader that goes on reading whatever topic has the name',
    needs: ['recreate'],
    plant: (parts, { kafka }) => ({
      ...parts,
      log: {
        ...parts.log,
        open: (at) => {
          const reader = parts.log.open(at)
          return Object.defineProperty(reader, 'topicId', { get: () => kafka.topic?.id })
        },
      },
    }),
  },
  {
    name: 'a record that is read again because it did not fit never comes',
    needs: [],
    plant: (parts) => {
      const highest = new Map<string, number>()
      return {
        ...parts,
        log: {
          ...parts.log,
          open: (at) => {
            const reader = parts.log.open(at)
            const take = reader.take.bind(reader)
            const name = rowName(at)
            reader.take = (count) =>
              take(count).filter(({ offset }) => {
                const isNew = offset > (highest.get(name) ?? -1)
                if (isNew) highest.set(name, offset)
                return isNew
              })
            return reader
          },
        },
      }
    },
  },
]
