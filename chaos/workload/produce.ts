import { setTimeout as sleep } from 'node:timers/promises'
import { isRecordTooLarge } from '../../src/kafka/produce-error.ts'
import { openProducer } from '../../src/kafka/producer.ts'
import { appendToList } from './acknowledged-list.ts'
import { fromDriver, tellDriver, type ProducePlan, type ToProducer } from './produce-messages.ts'
import { makeRecords, type MadeRecord } from './records.ts'

/**
 * A process of its own that produces until it is told to stop, or loses its driver. A record is in the list, on
 * disk, before anybody hears of it.
 */
const MAX_BATCH = 1_000
/** What was missed in an outage is not caught up beyond this. */
const MAX_OWED_MS = 2_000
const TICK_MS = 10
/** Up to here nothing is written twice; then the same batch is sent anew. */
const GIVE_UP_AFTER_MS = 30_000
const PAUSE_AFTER_FAILURE_MS = 200

const plan: ProducePlan = JSON.parse(process.argv[2] ?? '')
const kafka = { clientId: 'sluice-chaos', brokers: plan.brokers.split(',') }
const producer = openProducer(kafka, { giveUpAfterMs: GIVE_UP_AFTER_MS, onError: () => {} })
const records = makeRecords(plan)
let wish: ToProducer = 'produce'
let mustSayPaused = false

fromDriver((message) => {
  wish = message
  mustSayPaused = message === 'pause'
})

function next(count: number): MadeRecord[] {
  const batch: MadeRecord[] = []
  for (let taken = 0; taken < count; taken++) batch.push(records.next().value)
  return batch
}

/** Sent until it is acknowledged, whole and in its order; what is too large for the broker is left out. */
async function deliver(batch: readonly MadeRecord[]): Promise<readonly MadeRecord[]> {
  const outgoing = batch.map((record) => record.outgoing)
  for (;;) {
    try {
      await producer.send(outgoing)
      return batch
    } catch (error) {
      if (error instanceof TypeError) throw error
      if (isRecordTooLarge(error)) return batch.filter((record) => !error.records.includes(record.outgoing))
      tellDriver({ type: 'trouble', message: error instanceof Error ? error.message : String(error) })
    }
    await sleep(PAUSE_AFTER_FAILURE_MS)
  }
}

async function produce(): Promise<void> {
  let owed = 0
  let sinceMs = performance.now()
  for (;;) {
    const nowMs = performance.now()
    owed += (Math.min(nowMs - sinceMs, MAX_OWED_MS) * plan.rate) / 1_000
    sinceMs = nowMs
    if (wish === 'stop') return
    if (wish === 'pause') {
      owed = 0
      if (mustSayPaused) tellDriver({ type: 'paused' })
      mustSayPaused = false
    } else if (owed >= 1) {
      const batch = next(Math.min(Math.floor(owed), MAX_BATCH))
      const entries = (await deliver(batch)).map(({ entry }) => entry)
      appendToList(plan.list, entries)
      owed -= batch.length
      const uids = entries.flatMap(({ kind, uid }) => (kind === 'valid' && uid !== undefined ? [uid] : []))
      tellDriver({ type: 'acknowledged', records: entries.length, uids })
    }
    await sleep(TICK_MS)
  }
}

await produce()
await producer.close()
tellDriver({ type: 'stopped' })
process.disconnect()
