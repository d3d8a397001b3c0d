import { SingleBar } from 'cli-progress'

export interface Progress {
  /** More records were acknowledged. */
  readonly advance: (records: number) => void
  /** Said once for each outage, however often it is told. */
  readonly outage: (error: unknown) => void
  readonly end: () => void
}

const LINE_EVERY_MS = 5_000

/** Shows on standard error how far it is: a bar in a terminal when the end is known, else a line now and then. */
export function showProgress(total: number | undefined): Progress {
  const bar = total !== undefined && process.stderr.isTTY ? openBar(total) : undefined
  const say = (line: string): void => void process.stderr.write(`${line}\n`)
  const startedAtMs = performance.now()
  let acknowledged = 0
  let isOut = false
  const timer = setInterval(() => {
    const perSecond = Math.round((acknowledged / (performance.now() - startedAtMs)) * 1000)
    if (bar === undefined) say(`${acknowledged}${total === undefined ? '' : ` of ${total}`} (${perSecond}/s)`)
  }, LINE_EVERY_MS)
  return {
    advance(records) {
      if (isOut) say('Kafka acknowledges again')
      isOut = false
      acknowledged += records
      bar?.update(acknowledged)
    },
    outage(error) {
      if (isOut) return
      isOut = true
      const cause = error instanceof Error ? error.message : String(error)
      say(`Kafka does not acknowledge (${cause}); trying until it does`)
    },
    end() {
      clearInterval(timer)
      bar?.stop()
    },
  }
}

function openBar(total: number): SingleBar {
  const bar = new SingleBar({
    format: '{bar} {percentage}% | {value} of {total} | {eta_formatted} to go',
    stream: process.stderr,
    hideCursor: true,
  })
  bar.start(total, 0)
  return bar
}
