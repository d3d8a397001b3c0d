import { writeSync } from 'node:fs'
import { Consumer, Producer, type CommitOptions } from '@platformatic/kafka'
import { Client } from 'pg'
import { callOf, type Role } from './fault-points.ts'

/**
 * The service as it is, in a process that kills itself: CRASH_AT names one of the fault points, and
 * CRASH_AFTER at which time that it is reached. The libraries below the service are wrapped, so that nothing
 * in it knows of this, and its own code runs as it always does up to the last instruction.
 */
const { CRASH_AT, CRASH_AFTER = '1', KAFKA_TOPIC, RETRY_TOPIC, DLQ_TOPIC } = process.env
let left = Number(CRASH_AFTER)

function reach(point: string): void {
  if (point !== CRASH_AT || --left > 0) return
  writeSync(2, `${JSON.stringify({ event: 'crash', level: 'error', point })}\n`)
  process.kill(process.pid, 'SIGKILL')
}

async function around<T>(call: string | undefined, work: () => Promise<T>): Promise<T> {
  if (call === undefined) return work()
  reach(`before ${call}`)
  const result = await work()
  reach(`after ${call}`)
  return result
}

/** A connection works for one role at a time: the one whose row it touched last. */
const roles = new WeakMap<object, Role>()

function roleOf(client: object, values: readonly unknown[]): Role | undefined {
  const group = values[0]
  if (typeof group !== 'string') return roles.get(client)
  if (group.endsWith('-retries')) return 'retries'
  return group.endsWith('-dead-letters') ? 'dead-letters' : 'orders'
}

const CALLS_WITH_A_GROUP = new Set(['make the row', 'open the row', 'lock the row', 'move the row'])
const FIRST_COUNT = 8
const DISPOSITIONS = 7

function nameOf(client: object, text: string, values: readonly unknown[]): string | undefined {
  const call = callOf(text)
  if (call === undefined) return undefined
  const role = CALLS_WITH_A_GROUP.has(call) ? roleOf(client, values) : roles.get(client)
  if (role === undefined) return undefined
  roles.set(client, role)
  const counts = values.slice(FIRST_COUNT, FIRST_COUNT + DISPOSITIONS)
  const isGap = call === 'move the row' && counts.every((count) => count === 0)
  return `${role}: ${isGap ? 'move the row past no record' : call}`
}

type Query = (this: Client, ...args: unknown[]) => unknown

const query: Query = Reflect.get(Client.prototype, 'query')
const faultyQuery: Query = function (...args) {
  const [first, second] = args
  const config = typeof first === 'object' && first !== null ? first : { text: first, values: second }
  const text: unknown = Reflect.get(config, 'text')
  const values: unknown = Reflect.get(config, 'values')
  const call = typeof text === 'string' ? nameOf(this, text, Array.isArray(values) ? values : []) : undefined
  if (call === undefined) return Reflect.apply(query, this, args)
  reach(`before ${call}`)
  const last = args.at(-1)
  if (typeof last === 'function') {
    const answered = (...answer: unknown[]): unknown => {
      if (answer[0] === undefined || answer[0] === null) reach(`after ${call}`)
      return Reflect.apply(last, undefined, answer)
    }
    return Reflect.apply(query, this, [...args.slice(0, -1), answered])
  }
  const result = Reflect.apply(query, this, args)
  if (result instanceof Promise)
    return result.then((answer: unknown) => {
      reach(`after ${call}`)
      return answer
    })
  // A stream of rows: it finishes when the server took them.
  if (result !== null && typeof result === 'object' && 'once' in result && typeof result.once === 'function')
    result.once('finish', () => reach(`after ${call}`))
  return result
}
Object.assign(Client.prototype, { query: faultyQuery })

type SendOptions = Parameters<Producer['send']>[0]
type Call<Options> = (this: unknown, options: Options) => Promise<unknown>

/** What goes to a topic tells who sends it; a batch may send to two of them. */
const SENDING = [
  [KAFKA_TOPIC, 'retries: send back'],
  [RETRY_TOPIC, 'orders: produce retries'],
  [DLQ_TOPIC, 'orders: produce dead letters'],
] as const

const send: Call<SendOptions> = Reflect.get(Producer.prototype, 'send')
const faultySend: Call<SendOptions> = function (options) {
  const topics = new Set(options.messages.map(({ topic }) => topic))
  const call = SENDING.find(([topic]) => topics.has(topic ?? ''))?.[1]
  return around(call, () => Reflect.apply(send, this, [options]))
}
Object.assign(Producer.prototype, { send: faultySend })

const commit: Call<CommitOptions> = Reflect.get(Consumer.prototype, 'commit')
const faultyCommit: Call<CommitOptions> = function (options) {
  const topic = options.offsets[0]?.topic
  const role: Role = topic === KAFKA_TOPIC ? 'orders' : topic === RETRY_TOPIC ? 'retries' : 'dead-letters'
  return around(`${role}: copy the offset`, () => Reflect.apply(commit, this, [options]))
}
Object.assign(Consumer.prototype, { commit: faultyCommit })

await import('../../src/cli/serve.ts')
