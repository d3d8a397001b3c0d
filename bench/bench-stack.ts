import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { KafkaSettings } from '../src/kafka/client.ts'
import { openCluster, type Cluster } from '../src/kafka/cluster.ts'
import { removeAbandonedStack, resetStack, startStack } from '../stack/stack.ts'
import type { ServicePlace } from './service-process.ts'

/** A broker and a database that nobody else uses. */
export interface BenchStack extends AsyncDisposable {
  readonly dsn: string
  readonly kafka: KafkaSettings
  readonly cluster: Cluster
  readonly place: ServicePlace
}

export interface BenchStackOptions {
  readonly profileFolder?: string | undefined
  readonly report: (line: string) => void
  readonly signal: AbortSignal
}

const PREFIX = 'sluice-bench-'

/** Starts them in a temporary folder; disposing stops them and removes it. */
export async function startBenchStack({
  profileFolder,
  report,
  signal,
}: BenchStackOptions): Promise<BenchStack> {
  await removeLeftovers()
  const folder = mkdtempSync(join(tmpdir(), PREFIX))
  // mkdtemp makes it for its owner only; PostgreSQL, which root runs as another user, must get in.
  chmodSync(folder, 0o755)
  await using opening = new AsyncDisposableStack()
  opening.defer(async () => {
    await resetStack(folder)
    rmSync(folder, { recursive: true, force: true })
  })
  const { brokers, dsn } = await startStack({ dir: folder, report, signal })
  const kafka = { clientId: 'sluice-bench', brokers: brokers.split(',') }
  const cluster = opening.use(openCluster(kafka, () => {})) // every trouble rejects the question
  const opened = opening.move()
  return {
    dsn,
    kafka,
    cluster,
    place: { brokers, folder, profileFolder },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  }
}

/** What earlier runs that were killed have left running. */
async function removeLeftovers(): Promise<void> {
  for (const name of readdirSync(tmpdir())) {
    if (!name.startsWith(PREFIX)) continue
    // What cannot be read belongs to another user of this machine.
    await removeAbandonedStack(join(tmpdir(), name)).catch(() => {})
  }
}
