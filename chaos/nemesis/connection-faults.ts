import type { Proxy } from '../system/proxy.ts'
import type { System } from '../system/system.ts'
import type { Arena, Fault } from './fault.ts'

/** A way for connections to be bad, for a while. */
interface Trouble {
  readonly name: string
  readonly seconds: readonly [number, number]
  /** Resolves when it may be ended. */
  begin(proxies: readonly Proxy[], arena: Arena, lastMs: number): Promise<string | void>
}

const SLOW_MS = 100
const RESETS_EVERY_MS = 500
const RESET_SHARE = 0.3
const CUT_AFTER_BYTES = 20_000

const TROUBLES: readonly Trouble[] = [
  {
    name: 'slow',
    seconds: [4, 10],
    begin: async (proxies, { last }, lastMs) => {
      for (const proxy of proxies) proxy.delay(SLOW_MS)
      await last(lastMs)
      return `${SLOW_MS} ms more each way`
    },
  },
  {
    name: 'reset',
    seconds: [3, 8],
    begin: async (proxies, { last }, lastMs) => {
      let resets = 0
      for (let passedMs = 0; passedMs < lastMs; passedMs += RESETS_EVERY_MS) {
        for (const proxy of proxies) resets += proxy.reset(RESET_SHARE)
        await last(RESETS_EVERY_MS)
      }
      return `${resets} connections reset`
    },
  },
  {
    name: 'refused',
    seconds: [2, 8],
    begin: async (proxies, { last }, lastMs) => {
      for (const proxy of proxies) proxy.cut()
      await last(lastMs)
    },
  },
  {
    name: 'swallowed',
    seconds: [3, 12],
    begin: async (proxies, { last }, lastMs) => {
      for (const proxy of proxies) proxy.blackhole()
      await last(lastMs)
    },
  },
  {
    name: 'half open',
    seconds: [5, 12],
    begin: async (proxies, { last }, lastMs) => {
      for (const proxy of proxies) proxy.halfOpen()
      await last(lastMs)
    },
  },
  {
    name: 'cut in mid-message',
    seconds: [2, 6],
    begin: async (proxies, { last }, lastMs) => {
      for (let passedMs = 0; passedMs < lastMs; passedMs += 2 * RESETS_EVERY_MS) {
        for (const proxy of proxies) proxy.cutAfterBytes(CUT_AFTER_BYTES)
        await last(2 * RESETS_EVERY_MS)
      }
    },
  },
]

/** Between the instances and their servers. */
export const CONNECTION_FAULTS: readonly Fault[] = [
  ...TROUBLES.map((trouble) => toFault('the database', trouble, ({ databaseProxy }) => [databaseProxy])),
  ...TROUBLES.map((trouble) => toFault('Kafka', trouble, ({ kafkaProxies }) => kafkaProxies)),
  ...(['before', 'after'] as const).map((when): Fault => ({
    name: `connections cut ${when} COMMIT`,
    lane: 'servers',
    seconds: [2, 6],
    draw: (random) => {
      const times = random.between(2, 10)
      return {
        what: `the connections of ${times} transactions are cut ${
          when === 'before' ? 'before their COMMIT arrives' : 'when their COMMIT was done, before its answer'
        }`,
        act: async ({ system: { databaseProxy }, last }, lastMs) => {
          const cuts = databaseProxy.cutAtCommit(when, times)
          await Promise.race([cuts, last(lastMs)])
          databaseProxy.clear()
          return `${await cuts} cut`
        },
      }
    },
  })),
]

function toFault(whose: string, trouble: Trouble, proxiesOf: (system: System) => readonly Proxy[]): Fault {
  const name = `connections to ${whose} ${trouble.name}`
  return {
    name,
    lane: 'servers',
    seconds: trouble.seconds,
    draw: () => ({
      what: name,
      act: async (arena, lastMs) => {
        const proxies = proxiesOf(arena.system)
        try {
          return await trouble.begin(proxies, arena, lastMs)
        } finally {
          for (const proxy of proxies) proxy.clear()
        }
      },
    }),
  }
}
