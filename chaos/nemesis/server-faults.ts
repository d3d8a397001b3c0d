import { activeController } from '../../stack/active-controller.ts'
import type { ServerNode } from '../../stack/server-node.ts'
import type { System } from '../system/system.ts'
import { waitUntilReplicated } from './brokers.ts'
import type { Arena, Fault } from './fault.ts'

/** What happens to the broker or brokers, and to the database. */
export const SERVER_FAULTS: readonly Fault[] = [
  {
    name: 'kill a broker',
    lane: 'servers',
    seconds: [0, 5],
    draw: (random, { brokers }) => {
      const number = random.between(1, brokers)
      return {
        what: `SIGKILL of broker ${number}`,
        act: async (arena, lastMs) => outageOf(arena, brokerOf(arena.system, number), 'kill', lastMs),
      }
    },
  },
  {
    name: 'kill the controller',
    lane: 'servers',
    seconds: [0, 5],
    possible: ({ brokers }) => brokers === 3,
    draw: () => ({
      what: 'SIGKILL of the broker that is the active controller',
      act: async (arena, lastMs) => {
        const controller = activeController(arena.system.stack.kafka.nodes)
        if (controller === undefined) return 'left out: there was none'
        await outageOf(arena, controller, 'kill', lastMs)
        return `it was ${controller.name}`
      },
    }),
  },
  {
    name: 'freeze a broker',
    lane: 'servers',
    seconds: [2, 12],
    draw: (random, { brokers }) => {
      const number = random.between(1, brokers)
      return {
        what: `SIGSTOP of broker ${number}, then SIGCONT`,
        act: async (arena, lastMs) => frozen(arena, brokerOf(arena.system, number), lastMs),
      }
    },
  },
  {
    name: 'kill the database',
    lane: 'servers',
    seconds: [0, 5],
    draw: () => ({
      what: 'SIGKILL of PostgreSQL',
      act: async (arena, lastMs) => outageOf(arena, arena.system.stack.postgres, 'kill', lastMs),
    }),
  },
  {
    name: 'restart the database',
    lane: 'servers',
    seconds: [0, 2],
    draw: () => ({
      what: 'fast restart of PostgreSQL',
      act: async (arena, lastMs) => outageOf(arena, arena.system.stack.postgres, 'stop', lastMs),
    }),
  },
  {
    name: 'freeze the database',
    lane: 'servers',
    seconds: [2, 12],
    draw: () => ({
      what: 'SIGSTOP of PostgreSQL, then SIGCONT',
      act: async (arena, lastMs) => frozen(arena, arena.system.stack.postgres, lastMs),
    }),
  },
]

async function outageOf(
  { system, last }: Arena,
  node: ServerNode,
  how: 'kill' | 'stop',
  lastMs: number,
): Promise<void> {
  await node[how]()
  try {
    await last(lastMs)
  } finally {
    await node.start()
  }
  await waitUntilReplicated(system)
}

async function frozen({ system, last }: Arena, node: ServerNode, lastMs: number): Promise<void> {
  node.pause()
  try {
    await last(lastMs)
  } finally {
    node.resume()
  }
  await waitUntilReplicated(system)
}

function brokerOf({ stack }: System, number: number): ServerNode {
  const node = stack.kafka.nodes[number - 1]
  if (node === undefined) throw new RangeError(`there is no broker ${number}`)
  return node
}
