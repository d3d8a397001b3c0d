import { formatLatency } from '../format/time.ts'
import { words } from '../words/words.ts'
import type { Moment } from './history.ts'
import type { Latency } from './latency.ts'
import { highest, linePath, niceTop, runs, type Frame } from './plot-geometry.ts'
import { Plot, spanOf, Water } from './plot.tsx'

/** How long orders took from produced to stored: water for half of them, a thin line for 99 of 100. */
export function LatencyPlot({ moments }: { readonly moments: readonly Moment[] }) {
  const span = spanOf(moments)
  // Seconds in which nothing was stored are no holes: there was nothing to know.
  const known = moments.flatMap(({ atMs, latency }) => (latency === undefined ? [] : [{ atMs, latency }]))
  const inMs = (of: keyof Latency) =>
    known.map(({ atMs, latency }) => ({ atMs, value: latency[of].seconds * 1_000 }))
  const most = inMs('most')
  const frame: Frame = { ...span, top: niceTop(highest(most, span.endMs - span.spanMs)) }
  const { plot, language, units } = words.value
  const time = (seconds: number): string => formatLatency(language, seconds, units)
  const half = ({ median: { seconds, beyond } }: Latency): string =>
    beyond ? plot.halfBeyond(time(seconds)) : plot.half(time(seconds))
  const nearlyAll = ({ most: { seconds, beyond } }: Latency): string =>
    beyond ? plot.someBeyond(time(seconds)) : plot.nearlyAll(time(seconds))
  const last = known.at(-1)?.latency
  const summary = last === undefined ? plot.nothingStored : `${half(last)}, ${nearlyAll(last)}.`
  return (
    <Plot
      id="plot-latency"
      title={plot.latency}
      description={summary}
      moments={moments}
      frame={frame}
      label={(ms) => time(ms / 1_000)}
      reading={({ latency }) =>
        latency && { value: latency.median.seconds * 1_000, text: half(latency), more: nearlyAll(latency) }
      }
      note={summary}
    >
      <Water points={inMs('median')} frame={frame} />
      {runs(most, frame).map((run, at) => (
        <path key={at} class="plot-line plot-most" d={linePath(run)} />
      ))}
    </Plot>
  )
}
