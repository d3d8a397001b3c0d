import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { choosePort } from '../../stack/ports.ts'
import { startStack, type Stack } from '../../stack/stack.ts'
import { createInstance, type Instance } from './instance.ts'
import { startProxy, type Proxy } from './proxy.ts'
import { untilAllRun } from './until-all-run.ts'

/** Everything that runs: servers, instances of the service, and a proxy on each way between them. */
export interface System extends AsyncDisposable {
  /** Of the run; logs and lists lie here. */
  readonly folder: string
  /** The servers, past every proxy. */
  readonly stack: Stack
  readonly databaseProxy: Proxy
  /** By broker. Instances see only these. */
  readonly kafkaProxies: readonly Proxy[]
  readonly instances: readonly Instance[]
  /** Of the present primary, past the proxy. */
  readonly dsn: string
  /** Past the proxies. */
  readonly brokers: string
  readonly topics: { readonly orders: string; readonly retries: string; readonly deadLetters: string }
  readonly group: string
  /** With addresses past the proxies: for commands. */
  readonly environment: Readonly<Record<string, string>>
  /** Since the run began: its servers were there, and its instances were started. */
  elapsedMs(): number
}

export interface SystemPlan {
  /** Empty, or not there yet. Everything that the run leaves is in it; it is not removed. */
  readonly folder: string
  readonly instances: number
  readonly brokers: 1 | 3
  /** Of the service, in place of src/cli/serve.ts. */
  readonly serviceEntry?: string | undefined
  /** Of the service, in place of those below and of its defaults. */
  readonly settings?: Readonly<Record<string, string>> | undefined
  readonly report: (line: string) => void
  readonly signal?: AbortSignal | undefined
}

const TOPICS = { orders: 'orders', retries: 'orders_retry', deadLetters: 'orders_dlq' }
const GROUP = 'orders-group'

/** What a short run has time for: waits of seconds, not of minutes; and little memory, so that it is used up. */
const SETTINGS = {
  KAFKA_TOPIC: TOPICS.orders,
  RETRY_TOPIC: TOPICS.retries,
  DLQ_TOPIC: TOPICS.deadLetters,
  KAFKA_GROUP_ID: GROUP,
  TOPIC_PARTITIONS: '4',
  CACHE_MB: '16',
  RETRY_BASE_MS: '200',
  RETRY_CAP_MS: '2000',
  LOG_LEVEL: 'info',
}

/** Resolves when all instances run, with everything in order. Disposing stops it all, and keeps the folder. */
export async function startSystem(plan: SystemPlan): Promise<System> {
  const { report, signal } = plan
  mkdirSync(plan.folder, { recursive: true })
  await using opening = new AsyncDisposableStack()

  const taken = new Set<number>()
  const databasePort = await choosePort(taken)
  const kafkaPorts = await Promise.all(Array.from({ length: plan.brokers }, () => choosePort(taken)))
  const stack = opening.use(
    await startStack({
      dir: join(plan.folder, 'stack'),
      brokers: plan.brokers,
      standby: true,
      advertise: kafkaPorts,
      report,
      signal,
    }),
  )
  const beganMs = performance.now()
  const elapsedMs = (): number => performance.now() - beganMs
  const databaseProxy = opening.use(await startProxy({ port: databasePort, target: portOf(stack.dsn) }))
  const kafkaProxies: Proxy[] = []
  for (const [index, port] of kafkaPorts.entries()) {
    const target = stack.kafka.nodes[index]?.proxiedPort
    if (target === undefined) throw new Error(`broker ${index + 1} has no listener for its proxy`)
    kafkaProxies.push(opening.use(await startProxy({ port, target })))
  }

  const settings = { ...SETTINGS, ...plan.settings }
  const proxied = {
    KAFKA_BROKERS: kafkaPorts.map((port) => `127.0.0.1:${port}`).join(','),
    DB_DSN: withPort(stack.dsn, databasePort),
  }
  const instances = Array.from({ length: plan.instances }, (_, index) =>
    opening.use(
      createInstance({
        name: `instance ${index + 1}`,
        entry: plan.serviceEntry,
        folder: plan.folder,
        logFile: join(plan.folder, `instance-${index + 1}.log`),
        environment: { ...settings, ...proxied },
        elapsedMs,
      }),
    ),
  )
  for (const instance of instances) instance.start()
  await untilAllRun(instances, signal)

  const opened = opening.move()
  return {
    folder: plan.folder,
    stack,
    databaseProxy,
    kafkaProxies,
    instances,
    get dsn() {
      return stack.dsn
    },
    brokers: stack.brokers,
    topics: TOPICS,
    group: GROUP,
    get environment() {
      return { ...settings, KAFKA_BROKERS: stack.brokers, DB_DSN: stack.dsn }
    },
    elapsedMs,
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  }
}

function portOf(dsn: string): number {
  return Number(new URL(dsn).port)
}

function withPort(dsn: string, port: number): string {
  const url = new URL(dsn)
  url.port = String(port)
  return url.href
}
