import type { Counts, Ledger, LedgerRow, LedgerStep } from '../../src/pipeline/ledger.ts'
import type { SimulatedTransaction } from './simulated-database.ts'
import { rowName } from './simulated-database.ts'
import type { Parts, Surroundings } from './simulated-instance.ts'
import type { HappeningKind } from './simulation.ts'

type Plant = Surroundings['plant']

/** A rule of the protocol that is taken away by wrapping what a worker is made of. */
export interface PlantedBug {
  readonly name: string
  /** Faults without which it does no harm. */
  readonly needs: readonly HappeningKind[]
  readonly plant: Plant
}

type AnyLedger = Ledger<SimulatedTransaction>

function withLedger(
  change: (ledger: AnyLedger, parts: Parts, around: Surroundings) => Partial<AnyLedger>,
): Plant {
  return (parts, around) => ({
    ...parts,
    ledger: { ...parts.ledger, ...change(parts.ledger, parts, around) },
  })
}

/** Changes each step before it is booked. */
function withSteps(change: (step: LedgerStep) => LedgerStep): Plant {
  return withLedger((ledger) => ({
    settle: (key, from, work) =>
      ledger.settle(key, from, async (transaction) => change(await work(transaction))),
  }))
}

function withGaps(change: (expired: number, absent: number) => Counts): Plant {
  return withSteps((step) => {
    const { expired = 0, absent = 0 } = step.counts
    return { ...step, counts: { ...step.counts, ...change(expired, absent) } }
  })
}

function withRows(change: (row: LedgerRow) => LedgerRow): Plant {
  return withLedger((ledger) => ({ open: async (...at) => change(await ledger.open(...at)) }))
}

export const PLANTED_BUGS: readonly PlantedBug[] = [
  {
    name: 'no fence: a batch is booked wherever the row stands',
    needs: ['freeze'],
    plant: withLedger((ledger, _, { database }) => ({
      settle: (key, from, work) =>
        ledger.settle(key, database.tables.ledger.get(rowName(key))?.nextOffset ?? from, work),
    })),
  },
  {
    name: "reading on from Kafka's copy of the offset instead of the ledger",
    needs: ['restore', 'copy'],
    plant: (parts, { kafka }) => ({
      ...parts,
      log: {
        ...parts.log,
        open: (at) => parts.log.open({ ...at, offset: kafka.copies.get(at.partition) ?? at.offset }),
      },
    }),
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
    name: 'gaps are not booked',
    needs: ['expire'],
    plant: withGaps(() => ({ expired: 0, absent: 0 })),
  },
  {
    name: 'a dead letter that could not be produced is forgotten',
    needs: [],
    plant: (parts) => ({ ...parts, produce: (leaving) => parts.produce(leaving).catch(() => {}) }),
  },
  {
    name: 'dead letters are produced without waiting for the answer',
    needs: ['crash'],
    plant: (parts) => ({
      ...parts,
      produce: async (leaving) => {
        void parts.produce(leaving).catch(() => {})
      },
    }),
  },
  {
    name: 'what is sent to retry is not booked',
    needs: [],
    plant: withSteps((step) => ({ ...step, counts: { ...step.counts, retried: 0 } })),
  },
  {
    name: 'a commit without an answer counts as failed, and the ledger is not read again',
    needs: [],
    plant: withLedger((ledger) => {
      const known = new Map<string, LedgerRow>()
      return {
        open: async (key, log) => {
          const row = known.get(rowName(key)) ?? (await ledger.open(key, log))
          known.set(rowName(key), row)
          return row
        },
      }
    }),
  },
  {
    name: 'a commit without an answer counts as done',
    needs: [],
    plant: withLedger((ledger) => ({
      settle: async (key, from, work) => {
        let worked = false
        try {
          return await ledger.settle(key, from, async (transaction) => {
            const step = await work(transaction)
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
    name: "Kafka's copy of the offset is written before the commit",
    needs: [],
    plant: withLedger((ledger, { log }) => ({
      settle: (key, from, work) =>
        ledger.settle(key, from, async (transaction) => {
          const step = await work(transaction)
          log.commitCopy(key.topic, key.partition, step.to, 0)
          return step
        }),
    })),
  },
  {
    name: 'an idle partition does not look at its row',
    needs: ['copy', 'restore'],
    plant: withLedger((ledger) => {
      let last: LedgerRow | undefined
      return {
        open: async (...at) => {
          last = await ledger.open(...at)
          return last
        },
        read: async (key) => {
          await ledger.read(key)
          return last
        },
        settle: (key, from, work) =>
          ledger.settle(key, from, async (transaction) => {
            const step = await work(transaction)
            if (last !== undefined) last = { ...last, nextOffset: step.to }
            return step
          }),
      }
    }),
  },
  {
    name: 'the record before the position is not compared',
    needs: ['cut'],
    plant: withRows((row) => ({ ...row, fingerprint: undefined })),
  },
  {
    name: 'the leader epoch is no part of what is compared',
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
]
