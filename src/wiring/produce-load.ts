import type { KafkaSettings } from '../kafka/client.ts'
import { isRecordTooLarge } from '../kafka/produce-error.ts'
import { openProducer, type RecordProducer } from '../kafka/producer.ts'
import type { Header, OutgoingRecord } from '../pipeline/record.ts'
import type { LoadRecord } from '../producer/records.ts'
import { runLoad, type LoadResult, type LoadRun } from '../producer/run.ts'

/** As long as Kafka's own clients try. After that the batch is sent anew, and may be written twice. */
const GIVE_UP_AFTER_MS = 120_000
/** How long an outage may last that is on when it is to stop. */
const STOPPING_GRACE_MS = 5_000

/** Retries so far, on every record that nobody has tried yet. */
const NO_RETRIES: readonly Header[] = [[Buffer.from('retry'), Buffer.from('0')]]

/**
 * Produces to `topic` until the chunks end or `stopping` is aborted; over outages of any length. What was
 * under way when it was stopped is waited for, but not longer than 5 s.
 */
export async function produceLoad(
  kafka: KafkaSettings,
  topic: string,
  run: Omit<LoadRun, 'send'>,
  onError: (error: unknown) => void,
): Promise<LoadResult> {
  await using producer = openProducer(kafka, { giveUpAfterMs: GIVE_UP_AFTER_MS, onError })
  let grace: NodeJS.Timeout | undefined
  const onStop = (): void => {
    grace = setTimeout(() => producer.close().catch(onError), STOPPING_GRACE_MS)
  }
  run.stopping.addEventListener('abort', onStop, { once: true })
  try {
    return await runLoad({ ...run, send: (records) => send(producer, topic, records) })
  } finally {
    run.stopping.removeEventListener('abort', onStop)
    clearTimeout(grace)
  }
}

/** Returns what is too large: an answer, unlike everything else that is thrown. */
async function send(
  producer: RecordProducer,
  topic: string,
  records: readonly LoadRecord[],
): Promise<readonly LoadRecord[]> {
  const outgoing = records.map(({ key, value }) => ({ topic, key, value, headers: NO_RETRIES }))
  try {
    await producer.send(outgoing)
    return []
  } catch (error) {
    if (!isRecordTooLarge(error)) throw error
    const refused = new Set<OutgoingRecord | undefined>(error.records)
    return records.filter((_, index) => refused.has(outgoing[index]))
  }
}
