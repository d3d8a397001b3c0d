import { signal, useSignal } from '@preact/signals'
import type { ComponentChildren } from 'preact'
import { formatDuration } from '../format/time.ts'
import { words } from '../words/words.ts'
import type { Moment } from './history.ts'
import { areaPath, linePath, runs, xOf, yOf, type Frame, type Point } from './plot-geometry.ts'

const WIDTH = 900
const HEIGHT = 220
const SPANS_MIN = [1, 5, 15, 60] as const
type Minutes = (typeof SPANS_MIN)[number]

/** For all plots; undefined until somebody chooses: then as much as there is something to see of. */
const chosen = signal<Minutes | undefined>(undefined)

function minutesShown(moments: readonly Moment[]): Minutes {
  const endMs = moments.at(-1)?.atMs ?? 0
  return chosen.value ?? (endMs - (moments[0]?.atMs ?? endMs) > 90_000 ? 5 : 1)
}

/** The time that plots show, with nothing said about values yet. */
export function spanOf(moments: readonly Moment[]): Pick<Frame, 'width' | 'height' | 'spanMs' | 'endMs'> {
  const spanMs = minutesShown(moments) * 60_000
  return { width: WIDTH, height: HEIGHT, spanMs, endMs: moments.at(-1)?.atMs ?? 0 }
}

/** What stands at the second under the pointer. */
export interface Reading {
  readonly value: number
  readonly text: string
  /** Behind how long ago it was. */
  readonly more: string
}

interface Props {
  readonly id: string
  readonly title: string
  /** Whether the time shown is chosen here, for all plots. */
  readonly chooses?: boolean
  /** For those who can't see it. */
  readonly description: string
  readonly moments: readonly Moment[]
  readonly frame: Frame
  /** A value of the axis. */
  readonly label: (value: number) => string
  readonly reading: (moment: Moment) => Reading | undefined
  readonly note?: string | undefined
  readonly children: ComponentChildren
}

/** A panel with lines over the last minutes, which end now. */
export function Plot(props: Props) {
  const { id, title, description, moments, frame, label, reading, note, children } = props
  const pointerX = useSignal<number | undefined>(undefined)
  const { plot, language, units } = words.value
  return (
    <section class="panel panel-plot" aria-labelledby={id}>
      <div class="panel-head">
        <h2 id={id}>{title}</h2>
        {props.chooses === true && <Spans minutes={minutesShown(moments)} />}
      </div>
      <svg
        class="plot"
        viewBox={`0 -14 ${WIDTH} ${HEIGHT + 40}`}
        role="img"
        aria-label={description}
        onPointerMove={(event) => {
          const box = event.currentTarget.getBoundingClientRect()
          pointerX.value = ((event.clientX - box.left) / box.width) * WIDTH
        }}
        onPointerLeave={() => {
          pointerX.value = undefined
        }}
      >
        <path class="plot-rule" d={`M0 0H${WIDTH}M0 ${HEIGHT / 2}H${WIDTH}`} />
        {children}
        {[1, 0.5].map((share) => (
          <text key={share} class="plot-text" x="0" y={HEIGHT * (1 - share) - 4}>
            {share * frame.top < 1 ? '' : label(share * frame.top)}
          </text>
        ))}
        <path class="plot-floor" d={`M0 ${HEIGHT}H${WIDTH}`} />
        <text class="plot-text plot-time" x="0" y={HEIGHT + 6}>
          {plot.ago(formatDuration(language, frame.spanMs / 1_000, units))}
        </text>
        <text class="plot-text plot-time" x={WIDTH} y={HEIGHT + 6} text-anchor="end">
          {plot.now}
        </text>
        {pointerX.value !== undefined && (
          <UnderPointer moments={moments} frame={frame} x={pointerX.value} reading={reading} />
        )}
      </svg>
      {note !== undefined && <p class="soft small">{note}</p>}
    </section>
  )
}

/** Values as a line over water. */
export function Water({ points, frame }: { readonly points: readonly Point[]; readonly frame: Frame }) {
  return (
    <>
      {runs(points, frame).map((run, at) => (
        <g key={at}>
          <path class="plot-area" d={areaPath(run, frame.height)} />
          <path class="plot-line" d={linePath(run)} />
        </g>
      ))}
    </>
  )
}

function Spans({ minutes }: { readonly minutes: Minutes }) {
  const { plot } = words.value
  return (
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
  )
}

function UnderPointer({
  moments,
  frame,
  x,
  reading,
}: Pick<Props, 'moments' | 'frame' | 'reading'> & { readonly x: number }) {
  const atMs = frame.endMs - frame.spanMs * (1 - x / WIDTH)
  const moment = moments.findLast((each) => each.atMs <= atMs + 500)
  const read = moment && atMs - moment.atMs <= 3_000 ? reading(moment) : undefined
  if (moment === undefined || read === undefined) return null
  const { language, units, plot } = words.value
  const ago = plot.ago(formatDuration(language, Math.round((frame.endMs - moment.atMs) / 1_000), units))
  const at = xOf(moment.atMs, frame)
  const anchor = at > WIDTH * 0.7 ? 'end' : 'start'
  const textAt = at + (anchor === 'end' ? -10 : 10)
  return (
    <g class="plot-reading">
      <path class="plot-cross" d={`M${at} 0V${HEIGHT}`} />
      <circle class="plot-point" cx={at} cy={yOf(read.value, frame)} r="4" />
      <text class="plot-value" x={textAt} y="18" text-anchor={anchor}>
        {read.text}
      </text>
      <text class="plot-text" x={textAt} y="38" text-anchor={anchor}>
        {read.more === '' ? ago : `${ago}, ${read.more}`}
      </text>
    </g>
  )
}
