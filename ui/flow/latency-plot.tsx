import { formatLatency } from '../format/time.ts'
import { words } from '../words/words.ts'
import type { Moment } from './history.ts'
import type { Latency } from './latency.ts'
import { areaPath, highest, linePath, niceTop, runs, type Frame } from './plot-geometry.ts'
import { HEIGHT, Plot, spanOf } from './plot.tsx'

/** How long orders took from produced to stored: water for half of them, a thin line for 99 of 100. */
export function LatencyPlot({ moments }: { readonly moments: readonly Moment[] }) {
  const span = spanOf(moments)
  // Seconds in which nothing was stored are no holes: there was nothing to know.
  const known = moments.flatMap(({ atMs, latency }) => (latency === undefined ? [] : [{ atMs, latency }]))
  const inMs = (of: keyof Latency) => known.map(({ atMs, latency }) => ({ atMs, value: latency[of] * 1_000 }))
  const [median, most] = [inMs('median'), inMs('most')]
  const frame: Frame = { ...span, top: niceTop(highest(most, span.endMs - span.spanMs)) }
  const { plot, language, units } = words.value
  const time = (seconds: number): string => formatLatency(language, seconds, units)
  const last = known.at(-1)?.latency
  return (
    <Plot
      id="plot-latency"
      title={plot.latency}
      description={last === undefined ? plot.nothingStored : within(last)}
      moments={moments}
      frame={frame}
      label={(ms) => time(ms / 1_000)}
      reading={({ latency }) =>
        latency && {
          value: latency.median * 1_000,
          text: plot.half(time(latency.median)),
          more: plot.nearlyAll(time(latency.most)),
        }
      }
      note={last === undefined ? plot.nothingStored : within(last)}
    >
      {runs(median, frame).map((run, at) => (
        <g key={at}>
          <path class="plot-area" d={areaPath(run, HEIGHT)} />
          <path class="plot-line" d={linePath(run)} />
        </g>
      ))}
      {runs(most, frame).map((run, at) => (
        <path key={at} class="plot-line plot-most" d={linePath(run)} />
      ))}
    </Plot>
  )

  function within({ median: half, most: nearlyAll }: Latency): string {
    return `${plot.half(time(half))}, ${plot.nearlyAll(time(nearlyAll))}.`
  }
}
