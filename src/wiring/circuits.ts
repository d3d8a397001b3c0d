import { setTimeout as sleep } from 'node:timers/promises'
import { Circuit, type Dependency } from '../pipeline/circuit.ts'
import { HoldPartition } from '../pipeline/failure.ts'
import type { Logger } from '../telemetry/logger.ts'

const ANSWER_WITHIN_MS = 5_000

export interface Circuits extends Readonly<Record<Dependency, Circuit>>, Disposable {}

/** `probes` reject with what is wrong with the dependency. What this opens is stopped when it is disposed of. */
export function openCircuits(
  probes: Readonly<Record<Dependency, () => Promise<unknown>>>,
  log: Logger,
): Circuits {
  const open = (dependency: Dependency): Circuit =>
    new Circuit({
      probe: () => inTime(dependency, probes[dependency]()),
      random: Math.random,
      opened: (reason, error) => log.warn('circuit_opened', { dependency, reason, error }),
      closed: (openForMs) => log.info('circuit_closed', { dependency, openForMs: Math.round(openForMs) }),
    })
  const circuits = { database: open('database'), kafka: open('kafka') }
  return {
    ...circuits,
    [Symbol.dispose]: () => {
      for (const circuit of Object.values(circuits)) circuit.stop()
    },
  }
}

/** A server that says nothing at all is away too, and stopping must not wait for it. */
async function inTime(dependency: Dependency, probing: Promise<unknown>): Promise<void> {
  const ended = new AbortController()
  const late = sleep(ANSWER_WITHIN_MS, undefined, { signal: ended.signal }).then(() => {
    const reason = dependency === 'kafka' ? 'broker_unreachable' : 'database_unreachable'
    throw new HoldPartition(reason, `no answer within ${ANSWER_WITHIN_MS} ms`)
  })
  await Promise.race([probing, late]).finally(() => ended.abort())
}
