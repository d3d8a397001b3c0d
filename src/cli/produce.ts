import { randomUUID } from 'node:crypto'
import { appendFileSync, closeSync, createReadStream, openSync } from 'node:fs'
import type { Readable } from 'node:stream'
import { loadConfig, type Config } from '../config/config.ts'
import { openCluster } from '../kafka/cluster.ts'
import { readRecords } from '../producer/ndjson.ts'
import { KINDS } from '../producer/plan.ts'
import { produceLoad } from '../wiring/produce-load.ts'
import { seedFrom } from '../producer/random.ts'
import { generateRecords, type LoadRecord } from '../producer/records.ts'
import type { LoadResult, LoadRun } from '../producer/run.ts'
import { EXIT, runCommand, type ExitCode } from './command.ts'
import { produceCommand, type ProduceOptions } from './produce-options.ts'
import { showProgress } from './produce-progress.ts'
import { listenForSignals } from './signals.ts'

const MAX_DEPTH = 64
/** Lines of one piece of a file travel together, so pieces are large. */
const READ_BYTES = 1_048_576

const program = produceCommand()

async function produce(options: ProduceOptions): Promise<ExitCode> {
  const config = loadConfig({ need: ['kafka'] })
  const signals = listenForSignals()
  const seed = options.file === undefined ? (options.seed ?? randomUUID().slice(0, 8)) : null
  const chunks = openChunks(options, seed, config, signals.stop)
  const topic = config.topics.orders
  if (!(await topicExists(config))) {
    process.stderr.write(`there is no topic ${topic}; the service creates it when it starts\n`)
    return EXIT.unreachable
  }
  const list = options.acknowledged === undefined ? undefined : openSync(options.acknowledged, 'w')
  const progress = showProgress(options.count)
  const onAcknowledged = (records: readonly LoadRecord[]): void => {
    if (list !== undefined) appendFileSync(list, linesOf(records, topic))
    progress.advance(records.length)
  }
  const result = await produceLoad(
    kafkaOf(config),
    topic,
    {
      chunks,
      intervalMs: intervalOf(options, config),
      stopping: signals.stop,
      onAcknowledged,
      onOutage: progress.outage,
    },
    progress.outage,
  ).finally(progress.end)
  if (list !== undefined) closeSync(list)
  process.stdout.write(
    options.json === true ? `${JSON.stringify(summaryOf(result, seed))}\n` : describe(result, seed),
  )
  return result.refused + result.unacknowledged > 0 ? EXIT.no : EXIT.done
}

function openChunks(
  { file, count, invalid, duplicate, conflict }: ProduceOptions,
  seed: string | null,
  config: Config<'kafka'>,
  stopping: AbortSignal,
): LoadRun['chunks'] {
  try {
    if (seed !== null) return generateRecords(seedFrom(seed), count, { invalid, duplicate, conflict })
    const limits = { maxBytes: config.order.maxBytes, maxDepth: MAX_DEPTH }
    return readRecords(untilStopped(openInput(file ?? '-'), stopping), limits)
  } catch (error) {
    return program.error(`error: ${error instanceof Error ? error.message : String(error)}`)
  }
}

/** Throws when the file can't be opened. */
function openInput(file: string): Readable {
  return file === '-'
    ? process.stdin
    : createReadStream(file, { fd: openSync(file, 'r'), highWaterMark: READ_BYTES })
}

/** Standard input may never end, so it is cut off. */
async function* untilStopped(input: Readable, stopping: AbortSignal): AsyncGenerator<Buffer> {
  stopping.addEventListener('abort', () => input.destroy(), { once: true })
  try {
    for await (const chunk of input) yield chunk
  } catch (error) {
    if (!stopping.aborted) throw error
  }
}

async function topicExists(config: Config<'kafka'>): Promise<boolean> {
  await using cluster = openCluster(kafkaOf(config), () => {}) // every trouble rejects the question below
  try {
    return (await cluster.topic(config.topics.orders)) !== undefined
  } catch (error) {
    throw new Error(`can't reach Kafka at ${config.kafka.brokers.join(',')}`, { cause: error })
  }
}

function kafkaOf(config: Config<'kafka'>): Config<'kafka'>['kafka'] & { readonly clientId: string } {
  return { clientId: 'sluice-produce', ...config.kafka }
}

function intervalOf({ rate, delay, count, file }: ProduceOptions, config: Config<'kafka'>): number {
  if (rate !== undefined) return 1000 / rate
  if (delay !== undefined) return delay
  return count === undefined && file === undefined ? config.producer.delayMs : 0
}

function linesOf(records: readonly LoadRecord[], topic: string): string {
  return records.map(({ uid = null, kind }) => `${JSON.stringify({ uid, kind, topic })}\n`).join('')
}

/** `seed` is null when a file was produced. */
function summaryOf(
  { acknowledged, refused, unacknowledged, seconds }: LoadResult,
  seed: string | null,
): object {
  const rate = seconds > 0 ? acknowledged.total / seconds : 0
  return {
    acknowledged,
    refused,
    unacknowledged,
    seconds: Number(seconds.toFixed(3)),
    rate: Math.round(rate),
    seed,
  }
}

function describe(
  { acknowledged, refused, unacknowledged, seconds }: LoadResult,
  seed: string | null,
): string {
  const rate = Math.round(acknowledged.total / Math.max(seconds, 0.001))
  const rows: readonly (readonly [string, number])[] = [
    ...KINDS.map((kind) => [kind, acknowledged[kind]] as const),
    ['acknowledged', acknowledged.total],
    ...(refused > 0 ? [['too large for Kafka', refused] as const] : []),
    ...(unacknowledged > 0 ? [['not acknowledged', unacknowledged] as const] : []),
  ]
  const table = rows.map(([name, count]) => `${name.padEnd(20)}${String(count).padStart(12)}\n`).join('')
  return `${table}in ${seconds.toFixed(1)} s, ${rate}/s${seed === null ? '' : `, seed ${seed}`}\n`
}

await runCommand(program, () => produce(program.opts<ProduceOptions>()))
