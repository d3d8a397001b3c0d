import { useSignal } from '@preact/signals'
import { formatCount, formatRate } from '../format/numbers.ts'
import { formatDuration } from '../format/time.ts'
import { words } from '../words/words.ts'
import type { Moment } from './history.ts'
import { areaPath, highest, linePath, niceTop, runs, xOf, yOf, type Frame } from './plot-geometry.ts'

const WIDTH = 900
const HEIGHT = 220
const SPANS_MIN = [1, 5, 15, 60] as const
type Minutes = (typeof SPANS_MIN)[number]

/** Until somebody chooses: as much as there is something to see of. */
function spanFor(knownMs: number): Minutes {
  return knownMs > 90_000 ? 5 : 1
}

export function RatePlot({ moments }: { readonly moments: readonly Moment[] }) {
  const chosen = useSignal<Minutes | undefined>(undefined)
  const pointerX = useSignal<number | undefined>(undefined)
  const endMs = moments.at(-1)?.atMs ?? 0
  const minutes = chosen.value ?? spanFor(endMs - (moments[0]?.atMs ?? endMs))
  const spanMs = minutes * 60_000
  const most = highest(moments, 'stored', endMs - spanMs)
  const frame: Frame = { width: WIDTH, height: HEIGHT, spanMs, endMs, top: niceTop(most) }
  const { plot, language, units } = words.value
  const latest = moments.at(-1)?.rates
  return (
    <section class="panel panel-plot" aria-labelledby="plot-title">
      <div class="panel-head">
        <h2 id="plot-title">{plot.title}</h2>
        <div class="choices" role="group" aria-label={plot.span}>
          {SPANS_MIN.map((each) => (
            <button
              key={each}
              type="button"
              class="choice"
              aria-pressed={minutes === each}
              onClick={() => {
                chosen.value = each
              }}
            >
              {plot.minutes(each)}
            </button>
          ))}
        </div>
      </div>
      <svg
        class="plot"
        viewBox={`0 -14 ${WIDTH} ${HEIGHT + 40}`}
        role="img"
        aria-label={plot.description(formatRate(language, latest?.stored ?? 0), formatRate(language, most))}
        onPointerMove={(event) => {
          const box = event.currentTarget.getBoundingClientRect()
          pointerX.value = ((event.clientX - box.left) / box.width) * WIDTH
        }}
        onPointerLeave={() => {
          pointerX.value = undefined
        }}
      >
        {[1, 0.5].map((share) => (
          <g key={share}>
            <path class="plot-rule" d={`M0 ${HEIGHT * (1 - share)}H${WIDTH}`} />
            <text class="plot-text" x="0" y={HEIGHT * (1 - share) - 4}>
              {share * frame.top < 1 ? '' : formatCount(language, share * frame.top)}
            </text>
          </g>
        ))}
        <Lines moments={moments} frame={frame} />
        <path class="plot-floor" d={`M0 ${HEIGHT}H${WIDTH}`} />
        <text class="plot-text" x="0" y={HEIGHT + 20}>
          {plot.ago(formatDuration(language, spanMs / 1_000, units))}
        </text>
        <text class="plot-text" x={WIDTH} y={HEIGHT + 20} text-anchor="end">
          {plot.now}
        </text>
        {pointerX.value !== undefined && <Reading moments={moments} frame={frame} x={pointerX.value} />}
      </svg>
      {moments.length < 30 && <p class="soft small">{plot.empty}</p>}
    </section>
  )
}

interface LinesProps {
  readonly moments: readonly Moment[]
  readonly frame: Frame
}

/** What is stored as a line over water; seconds with dead letters as marks on the floor, because few matter. */
function Lines({ moments, frame }: LinesProps) {
  const failed = moments.filter(
    ({ atMs, rates }) => (rates?.dead_lettered ?? 0) > 0 && atMs >= frame.endMs - frame.spanMs,
  )
  return (
    <>
      {runs(moments, 'stored', frame).map((run, at) => (
        <g key={at}>
          <path class="plot-area" d={areaPath(run, HEIGHT)} />
          <path class="plot-line" d={linePath(run)} />
        </g>
      ))}
      {failed.map(({ atMs }) => (
        <path key={atMs} class="plot-failed" d={`M${xOf(atMs, frame).toFixed(1)} ${HEIGHT}v-9`} />
      ))}
    </>
  )
}

/** The values of the second under the pointer. */
function Reading({ moments, frame, x }: LinesProps & { readonly x: number }) {
  const atMs = frame.endMs - frame.spanMs * (1 - x / WIDTH)
  const moment = moments.findLast((each) => each.atMs <= atMs + 500)
  if (moment?.rates === undefined || atMs - moment.atMs > 3_000) return null
  const { language, perSecond, units, plot } = words.value
  const ago = plot.ago(formatDuration(language, Math.round((frame.endMs - moment.atMs) / 1_000), units))
  const at = xOf(moment.atMs, frame)
  const anchor = at > WIDTH * 0.7 ? 'end' : 'start'
  return (
    <g class="plot-reading">
      <path class="plot-cross" d={`M${at} 0V${HEIGHT}`} />
      <circle class="plot-point" cx={at} cy={yOf(moment.rates.stored, frame)} r="4" />
      <text class="plot-value" x={at + (anchor === 'end' ? -10 : 10)} y="18" text-anchor={anchor}>
        {`${formatRate(language, moment.rates.stored)} ${perSecond}`}
      </text>
      <text class="plot-text" x={at + (anchor === 'end' ? -10 : 10)} y="38" text-anchor={anchor}>
        {moment.rates.dead_lettered > 0
          ? `${ago}, ${plot.failed}: ${formatRate(language, moment.rates.dead_lettered)} ${perSecond}`
          : ago}
      </text>
    </g>
  )
}
