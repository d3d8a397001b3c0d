import type { Log, PartitionReader } from '../pipeline/log.ts'
import type { SourceRecord } from '../pipeline/record.ts'

export interface PartitionOfTopic {
  readonly topic: string
  readonly topicId: string
  readonly partition: number
}

/** Offsets to read, from `from` up to `to`. */
export interface OffsetRange extends PartitionOfTopic {
  readonly from: number
  readonly to: number
}

/** A part of a range. They come in order, and together leave no offset out. */
export type Stretch = { readonly from: number; readonly to: number } & (
  | { readonly type: 'records'; readonly records: readonly SourceRecord[] }
  /** Deleted by retention while it was being read. */
  | { readonly type: 'deleted' }
  /** A batch that can't be decoded; the rest of the range, when it can't be told where the batch ends. */
  | { readonly type: 'unreadable' }
)

const TAKE_RECORDS = 1_000
const TAKE_BYTES = 4_194_304
const LOOK_EVERY_MS = 1_000
/** A broker that delivers nothing for so long is as good as unreachable. */
const GIVE_UP_AFTER_MS = 30_000

/** Ranges that are asked for at once: the one that is being read, and those after it. */
const OPEN_RANGES = 4

/**
 * Reads one range after the other, holding some megabytes at most. The next ones are asked for while one is
 * being read, since an answer for a partition that was read to its end waits at the broker for more.
 * Throws when Kafka stops delivering, or when the topic is created anew meanwhile.
 */
export async function* readRanges<Range extends OffsetRange>(
  log: Pick<Log, 'open' | 'range'>,
  ranges: readonly Range[],
): AsyncGenerator<{ readonly range: Range; readonly stretch: Stretch }> {
  const waiting = ranges.filter(({ from, to }) => from < to)
  const opened: { readonly range: Range; readonly reader: PartitionReader }[] = []
  const openNext = (): void => {
    for (const range of waiting.splice(0, OPEN_RANGES - opened.length))
      opened.push({ range, reader: log.open({ ...range, offset: range.from }) })
  }
  try {
    openNext()
    for (let next = opened.shift(); next !== undefined; next = opened.shift()) {
      for await (const stretch of readRange(log, next.range, next.reader))
        yield { range: next.range, stretch }
      openNext()
    }
  } finally {
    for (const { reader } of opened) reader.close()
  }
}

async function* readRange(
  log: Pick<Log, 'open' | 'range'>,
  range: OffsetRange,
  opened: PartitionReader,
): AsyncGenerator<Stretch> {
  const { topic, partition, to } = range
  let reader = opened
  let from = range.from
  let progressAtMs = performance.now()
  try {
    while (from < to) {
      const taken = reader.take(TAKE_RECORDS, TAKE_BYTES)
      const reached = Math.min(to, reader.nextRecord)
      if (reached > from) {
        const start = from
        from = reached
        const records = taken.filter(({ offset }) => offset >= start && offset < to)
        yield { type: 'records', from: start, to: reached, records }
        progressAtMs = performance.now()
        continue
      }
      switch (reader.ended) {
        case undefined:
          await reader.readable(LOOK_EVERY_MS)
          if (performance.now() - progressAtMs > GIVE_UP_AFTER_MS)
            throw new Error(
              `Kafka delivered nothing of ${topic}-${partition} for ${GIVE_UP_AFTER_MS / 1000} s`,
            )
          break
        case 'out_of_range': {
          const { start } = await log.range(topic, partition)
          if (start <= from)
            throw new Error(`the log of ${topic}-${partition} was cut while it was being read`)
          const end = Math.min(to, start)
          yield { type: 'deleted', from, to: end }
          from = end
          reader.close()
          reader = log.open({ ...range, offset: from })
          break
        }
        case 'unreadable': {
          const end = Math.min(to, reader.unreadable?.to ?? to)
          yield { type: 'unreadable', from, to: end }
          from = end
          reader.close()
          if (from < to) reader = log.open({ ...range, offset: from })
          break
        }
        case 'closed':
        case 'topic_changed':
          throw new Error(`topic ${topic} was deleted or created again while it was being read`)
      }
    }
  } finally {
    reader.close()
  }
}
