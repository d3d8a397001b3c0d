import { formatCount, formatRate } from '../format/numbers.ts'
import { words } from '../words/words.ts'
import type { Moment } from './history.ts'
import { highest, niceTop, xOf, type Frame } from './plot-geometry.ts'
import { Plot, spanOf, Water } from './plot.tsx'

/** What is stored as a line over water; seconds with dead letters as marks on the floor, because few matter. */
export function RatePlot({ moments }: { readonly moments: readonly Moment[] }) {
  const span = spanOf(moments)
  const stored = moments.map(({ atMs, rates }) => ({ atMs, value: rates?.stored }))
  const most = highest(stored, span.endMs - span.spanMs)
  const frame: Frame = { ...span, top: niceTop(most) }
  const { plot, language, perSecond } = words.value
  const rate = (value: number): string => `${formatRate(language, value)} ${perSecond}`
  const failed = moments.filter(
    ({ atMs, rates }) => (rates?.dead_lettered ?? 0) > 0 && atMs >= frame.endMs - frame.spanMs,
  )
  return (
    <Plot
      id="plot-stored"
      title={plot.title}
      chooses
      description={plot.description(
        formatRate(language, stored.at(-1)?.value ?? 0),
        formatRate(language, most),
      )}
      moments={moments}
      frame={frame}
      label={(value) => formatCount(language, value)}
      reading={({ rates }) =>
        rates && {
          value: rates.stored,
          text: rate(rates.stored),
          more: rates.dead_lettered > 0 ? `${plot.failed}: ${rate(rates.dead_lettered)}` : '',
        }
      }
      note={moments.length < 30 ? plot.empty : undefined}
    >
      <Water points={stored} frame={frame} />
      {failed.map(({ atMs }) => (
        <path key={atMs} class="plot-failed" d={`M${xOf(atMs, frame).toFixed(1)} ${frame.height}v-9`} />
      ))}
    </Plot>
  )
}
