import { MultiBar } from 'cli-progress'
import type { BenchProgress } from './run.ts'

const FORMAT = '{bar} {value} of {total} measurements, {duration_formatted}'

/** Tells on standard error how far it is: lines, and below them a bar in a terminal. Disposing ends the bar. */
export function showProgress(measurements: number): BenchProgress & Disposable {
  const startedAtMs = performance.now()
  let measured = 0
  if (!process.stderr.isTTY) {
    const say = (line: string): void => {
      const minutes = ((performance.now() - startedAtMs) / 60_000).toFixed(1)
      process.stderr.write(`[${measured}/${measurements}, ${minutes} min] ${line}\n`)
    }
    return { say, done: (line) => (measured++, say(line)), [Symbol.dispose]: () => {} }
  }
  const bars = new MultiBar({ format: FORMAT, stream: process.stderr, hideCursor: true })
  const bar = bars.create(measurements, 0)
  const say = (line: string): void => {
    bars.log(`${line}\n`)
    bars.update()
  }
  return { say, done: (line) => (bar.increment(), say(line)), [Symbol.dispose]: () => bars.stop() }
}
