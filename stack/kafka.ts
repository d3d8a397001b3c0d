import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { preparationPath } from './files.ts'
import type { KafkaRuntime } from './kafka-libraries.ts'
import { kafkaProperties } from './kafka-properties.ts'
import type { KafkaPorts } from './kafka-properties.ts'
import { answers } from './ports.ts'
import { spawnServer } from './processes.ts'
import type { ServerPlace } from './processes.ts'
import { serverNode } from './server-node.ts'
import type { ServerNode } from './server-node.ts'
import { outputOf, StackError } from './stack-error.ts'

// Three together must fit beside the database and the service as one does.
const HEAP = { alone: ['-Xms128m', '-Xmx512m'], oneOfThree: ['-Xms64m', '-Xmx256m'] }
const JVM_OPTIONS = [
  '-XX:+UseSerialGC',
  '-XX:TieredStopAtLevel=1',
  '-Djava.awt.headless=true',
  `-Dlog4j2.configurationFile=${join(import.meta.dirname, 'kafka-log4j2.properties')}`,
]

export interface KafkaNode extends ServerNode {
  /** Where the listener for a proxy listens; undefined when the stack has none. */
  readonly proxiedPort: number | undefined
  readonly dataDir: string
}

export interface KafkaSetting {
  /** From 1; also its place in `ports()`. */
  readonly nodeId: number
  /** Folder of this node alone; made when missing. */
  readonly folder: string
  /** 22 characters of base64url. */
  readonly clusterId: string
  /** Of all nodes of the cluster; read at each start. */
  readonly ports: () => readonly KafkaPorts[]
  /** Called at a start only, so that stopping needs neither Java nor Kafka. */
  readonly runtime: (signal?: AbortSignal) => Promise<KafkaRuntime>
}

/** A broker and controller in one process. Start three nodes together: the first alone has no quorum. */
export function kafkaNode({ nodeId, folder, clusterId, ports, runtime }: KafkaSetting): KafkaNode {
  const data = join(folder, 'data')
  const properties = join(folder, 'server.properties')
  const place: ServerPlace = {
    name: `kafka-${nodeId}`,
    program: 'java',
    folder: data,
    pidFile: join(folder, 'pid'),
    logFile: join(folder, 'server.log'),
  }
  const port = () => ports()[nodeId - 1]?.broker ?? 0

  async function launch(signal?: AbortSignal) {
    mkdirSync(folder, { recursive: true })
    const { java, classPath } = await runtime(signal)
    const heap = ports().length > 1 ? HEAP.oneOfThree : HEAP.alone
    const jvm = [...heap, ...JVM_OPTIONS, '-cp', classPath]
    if (!existsSync(data)) await format(java, jvm, signal)
    writeFileSync(properties, kafkaProperties(nodeId, ports(), data))
    return await spawnServer(place, java, [...jvm, 'kafka.Kafka', properties])
  }

  async function format(java: string, jvm: readonly string[], signal?: AbortSignal) {
    const fresh = preparationPath(data)
    const itsProperties = `${fresh}.properties`
    mkdirSync(fresh)
    writeFileSync(itsProperties, kafkaProperties(nodeId, ports(), fresh))
    const args = [...jvm, 'kafka.tools.StorageTool', 'format', '-t', clusterId, '-c', itsProperties]
    await promisify(execFile)(java, args, signal ? { signal } : {}).catch(
      (error: Error & { stderr?: string }) => {
        signal?.throwIfAborted()
        throw new StackError(`${place.name} could not prepare its data folder: ${outputOf(error)}`)
      },
    )
    rmSync(itsProperties)
    renameSync(fresh, data)
  }

  const probe = async () => await isServing(port(), nodeId, clusterId)
  const node = serverNode({ place, port, launch, probe, stopSignal: 'SIGTERM', stopDeadlineMs: 15_000 })
  return Object.defineProperty(
    Object.assign(node, { proxiedPort: undefined, dataDir: data }),
    'proxiedPort',
    {
      get: () => ports()[nodeId - 1]?.proxied?.port,
      enumerable: true,
    },
  )
}

/** A broker is listed in its own metadata once the controller lets it serve; topics can be created from then on. */
async function isServing(port: number, nodeId: number, clusterId: string): Promise<boolean> {
  if (!(await answers(port))) return false
  // Loaded here: it takes 0.3 s, which the broker's start hides and `status` and `down` need not spend.
  const { Admin } = await import('@platformatic/kafka')
  const admin = new Admin({
    clientId: 'sluice-stack',
    bootstrapBrokers: [`127.0.0.1:${port}`],
    retries: 0,
    connectTimeout: 1_000,
    timeout: 2_000,
  })
  try {
    const { id, brokers } = await admin.metadata({ topics: [] })
    // Another stack's broker, if that was quicker to take the port, has another cluster's id.
    return id === clusterId && brokers.get(nodeId)?.port === port
  } catch {
    return false
  } finally {
    await admin.close().catch(() => {})
  }
}
