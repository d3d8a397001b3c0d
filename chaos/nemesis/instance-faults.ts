import type { Instance } from '../system/instance.ts'
import type { System } from '../system/system.ts'
import type { Fault } from './fault.ts'

/** What happens to instances of the service. */
export const INSTANCE_FAULTS: readonly Fault[] = [
  {
    name: 'kill an instance',
    lane: 'instances',
    seconds: [0, 4],
    draw: (random, { instances }) => {
      const number = random.between(1, instances)
      return {
        what: `SIGKILL of instance ${number}`,
        act: async ({ system, last }, lastMs) => {
          const instance = instanceOf(system, number)
          await instance.kill()
          await last(lastMs)
          instance.start()
        },
      }
    },
  },
  {
    name: 'kill all instances',
    lane: 'instances',
    seconds: [0, 3],
    draw: () => ({
      what: 'SIGKILL of every instance',
      act: async ({ system, last }, lastMs) => {
        await Promise.all(system.instances.map((instance) => instance.kill()))
        await last(lastMs)
        for (const instance of system.instances) instance.start()
      },
    }),
  },
  {
    name: 'freeze an instance',
    lane: 'instances',
    // Its session with Kafka ends after 10 s: then others own its partitions when it wakes.
    seconds: [2, 14],
    draw: (random, { instances }) => {
      const number = random.between(1, instances)
      return {
        what: `SIGSTOP of instance ${number}, then SIGCONT`,
        act: async ({ system, last }, lastMs) => {
          const instance = instanceOf(system, number)
          instance.pause()
          try {
            await last(lastMs)
          } finally {
            instance.resume()
          }
        },
      }
    },
  },
  {
    name: 'drain an instance',
    lane: 'instances',
    seconds: [0, 3],
    draw: (random, { instances }) => {
      const number = random.between(1, instances)
      return {
        what: `SIGTERM to instance ${number}`,
        act: async ({ system, last }, lastMs) => {
          const instance = instanceOf(system, number)
          const { code, ms } = await instance.drain()
          await last(lastMs)
          instance.start()
          return `ended with ${code} after ${(ms / 1000).toFixed(1)} s`
        },
      }
    },
  },
  {
    name: 'rebalance storm',
    lane: 'instances',
    seconds: [8, 15],
    possible: ({ instances }) => instances > 1,
    draw: (random, { instances }) => {
      const victims = Array.from({ length: 50 }, () => random.between(1, instances))
      return {
        what: 'an instance leaves or joins every 3 s',
        act: async ({ system, last }, lastMs) => storm(system, victims, last, lastMs),
      }
    },
  },
]

const STORM_STEP_MS = 3_000

async function storm(
  system: System,
  victims: readonly number[],
  last: (ms: number) => Promise<void>,
  lastMs: number,
): Promise<string> {
  const out = new Set<Instance>()
  let moves = 0
  for (const number of victims) {
    if (moves * STORM_STEP_MS >= lastMs) break
    const instance = instanceOf(system, number)
    if (out.delete(instance)) instance.start()
    else {
      out.add(instance)
      await instance.drain()
    }
    moves++
    await last(STORM_STEP_MS)
  }
  for (const instance of out) instance.start()
  return `${moves} moves`
}

function instanceOf(system: System, number: number): Instance {
  const instance = system.instances[number - 1]
  if (instance === undefined) throw new RangeError(`there is no instance ${number}`)
  return instance
}
