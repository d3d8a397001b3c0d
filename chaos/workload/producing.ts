import { fork } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Shares } from '../../src/producer/plan.ts'
import type { Acknowledged } from '../checker/evidence.ts'
import type { System } from '../system/system.ts'
import { readList } from './acknowledged-list.ts'
import type { FromProducer, ProducePlan, ToProducer } from './produce-messages.ts'
import { knownUids } from './known-uids.ts'

/** The process that produces, and what it has said. Disposing kills it. */
export interface Producing extends AsyncDisposable {
  readonly acknowledged: () => number
  /** Uid of some valid order that was acknowledged lately or long ago. */
  recent(): string | undefined
  /** Makes no more records; all that were made are acknowledged when it resolves, over outages of any length. */
  pause(): Promise<void>
  resume(): void
  /** As `pause`, for good; resolves with the whole list, as it is on disk. */
  stop(): Promise<readonly Acknowledged[]>
}

export interface ProducingPlan {
  /** The same makes the same records, in the same order. */
  readonly seed: string
  /** Records in a second. */
  readonly rate: number
  readonly shares: Shares
  /** Share of hostile records. */
  readonly hostile: number
}

const PRODUCE = join(import.meta.dirname, 'produce.ts')

/** Resolves when the first records are acknowledged. Brokers are asked past every proxy. */
export async function startProducing(
  { folder, brokers, topics }: Pick<System, 'folder' | 'brokers' | 'topics'>,
  plan: ProducingPlan,
): Promise<Producing> {
  const list = join(folder, 'acknowledged.ndjson')
  if (existsSync(list)) throw new Error(`${list} is there already: it belongs to another run`)
  writeFileSync(list, '')
  const argument: ProducePlan = { ...plan, brokers, topic: topics.orders, list }
  const child = fork(PRODUCE, [JSON.stringify(argument)], {
    execArgv: [],
    env: { PATH: process.env['PATH'] },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
  const uids = knownUids()
  const waiting = new Map<FromProducer['type'], PromiseWithResolvers<void>>()
  let acknowledged = 0
  let stopped = false
  let ended: Error | undefined
  let errors = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    errors = (errors + text).slice(-4_000)
  })

  const comes = (type: FromProducer['type']): Promise<void> => {
    if (ended !== undefined) return Promise.reject(ended)
    const waiter = waiting.get(type) ?? Promise.withResolvers<void>()
    waiting.set(type, waiter)
    return waiter.promise
  }
  child.on('message', (message: FromProducer) => {
    if (message.type === 'acknowledged') {
      acknowledged += message.records
      uids.add(message.uids)
    }
    if (message.type === 'stopped') stopped = true
    waiting.get(message.type)?.resolve()
    waiting.delete(message.type)
  })
  const { promise: gone, resolve: onGone } = Promise.withResolvers<void>()
  const end = (how: string): void => {
    ended = new Error(`the producer ended by itself: ${how}\n${errors}`)
    for (const waiter of waiting.values()) waiter.reject(ended)
    waiting.clear()
    onGone()
  }
  child.on('close', (code, signal) => end(String(signal ?? code)))
  child.on('error', (error) => end(error.message))

  const tell = (wish: ToProducer): void => {
    if (child.connected) child.send(wish)
  }
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL')
    await gone
  }

  try {
    await comes('acknowledged')
  } catch (error) {
    await kill()
    throw error
  }
  return {
    acknowledged: () => acknowledged,
    recent: () => uids.some(),
    pause: async () => {
      const paused = comes('paused')
      tell('pause')
      await paused
    },
    resume: () => tell('produce'),
    stop: async () => {
      if (!stopped) {
        const said = comes('stopped')
        tell('stop')
        await said
      }
      await gone
      return await readList(list)
    },
    [Symbol.asyncDispose]: kill,
  }
}
