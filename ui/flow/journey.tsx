import type { FlowSample } from '../api/flow-sample.ts'
import { formatCount, formatRate } from '../format/numbers.ts'
import { formatDuration } from '../format/time.ts'
import { narrow } from '../frame/screen.ts'
import { words } from '../words/words.ts'
import { Gate, gateOf } from './gate.tsx'
import { recordsRead, type Rates } from './history.ts'
import { JourneyTable, type Stop } from './journey-table.tsx'
import { channelWidth, NARROW, WIDE, waterLevel, type ChannelName, type Layout } from './journey-layout.ts'

interface Props {
  readonly sample: FlowSample
  readonly rates: Rates
}

/** What waits for less than this is just on its way. */
const LONG_S = 10

/** The way of the records as a picture; the same numbers stand in a table for those who can't see it. */
export function Journey({ sample, rates }: Props) {
  const layout = narrow.value ? NARROW : WIDE
  const { journey } = words.value
  const flows: Readonly<Record<ChannelName, number>> = {
    in: rates.read,
    stored: rates.stored,
    duplicates: rates.duplicates,
    retries: rates.retried,
    deadLetters: rates.dead_lettered,
  }
  const stops = stopsOf(sample, rates)
  return (
    <section class="journey" aria-labelledby="journey-title">
      <h2 id="journey-title" class="hidden">
        {journey.title}
      </h2>
      <svg
        class={`journey-picture ${layout.name}`}
        viewBox={`0 0 ${layout.width} ${layout.height}`}
        role="img"
        aria-label={journey.description}
      >
        <Reservoir layout={layout} lag={sample.lag} />
        <path class="basin" d={layout.surface} />
        {(['retries', 'duplicates', 'deadLetters', 'in', 'stored'] as const).map((name) => (
          <Channel key={name} name={name} path={layout.channels[name]} perSecond={flows[name]} />
        ))}
        <Gate layout={layout} state={gateOf(sample)} />
        {stops.map((stop) => (
          <StopLabel key={stop.name} layout={layout} stop={stop} />
        ))}
      </svg>
      <JourneyTable stops={stops} />
    </section>
  )
}

function Reservoir({ layout, lag }: { readonly layout: Layout; readonly lag: FlowSample['lag'] }) {
  const { x, y, width, height } = layout.reservoir
  const level = height * waterLevel(lag.records)
  return (
    <>
      <rect class="reservoir" x={x} y={y} width={width} height={height} />
      <rect
        class={lag.seconds < LONG_S ? 'reservoir-water' : 'reservoir-water waits'}
        x={x}
        y={y + height - level}
        width={width}
        height={level}
      />
    </>
  )
}

interface ChannelProps {
  readonly name: ChannelName
  readonly path: string
  readonly perSecond: number
}

function Channel({ name, path, perSecond }: ChannelProps) {
  const width = channelWidth(perSecond)
  return (
    <g class={`channel channel-${name}`}>
      <path class="bed" d={path} />
      <path class="water" d={path} stroke-width={width} />
      {width > 0 && <path class={perSecond > 100 ? 'drift fast' : 'drift'} d={path} />}
    </g>
  )
}

function StopLabel({ layout, stop }: { readonly layout: Layout; readonly stop: Stop }) {
  const { x, caption, number, total, end } = layout.labels[stop.name]
  return (
    <g class={`stop stop-${stop.name}${stop.alarm ? ' alarm' : ''}`}>
      <text class="stop-caption" x={x} y={caption}>
        {stop.caption}
      </text>
      <text class="stop-number" x={end ?? x} y={number} text-anchor={end === undefined ? 'start' : 'end'}>
        {stop.number}
        <tspan class="stop-unit" dx="5">
          {stop.unit}
        </tspan>
      </text>
      <text class="stop-total" x={x} y={total}>
        {stop.total}
      </text>
    </g>
  )
}

function stopsOf({ counters, books, lag }: FlowSample, rates: Rates): Stop[] {
  const { journey, flow, language, units, perSecond } = words.value
  const count = (n: number): string => formatCount(language, n)
  const rate = (n: number): string => formatRate(language, n)
  const and = (n: number, more: string | undefined): string =>
    [flow.total(count(n)), ...(more === undefined ? [] : [more])].join(' · ')
  return [
    {
      name: 'read',
      caption: journey.read,
      number: rate(rates.read),
      unit: perSecond,
      total: flow.total(count(recordsRead(counters))),
    },
    {
      name: 'waiting',
      caption: journey.waiting,
      number: count(lag.records),
      unit: '',
      total: formatDuration(language, lag.seconds, units),
    },
    {
      name: 'duplicates',
      caption: journey.duplicates,
      number: rate(rates.duplicates),
      unit: perSecond,
      total: and(counters.duplicates, journey.duplicatesWhat),
    },
    {
      name: 'stored',
      caption: journey.stored,
      number: rate(rates.stored),
      unit: perSecond,
      total: flow.total(count(counters.stored)),
    },
    {
      name: 'retries',
      caption: journey.retries,
      number: rate(rates.retried),
      unit: perSecond,
      total: and(counters.retried, books === null ? undefined : journey.waitingNow(count(books.retrying))),
    },
    {
      name: 'deadLetters',
      caption: journey.deadLetters,
      number: rate(rates.dead_lettered),
      unit: perSecond,
      total: and(
        counters.dead_lettered,
        books === null ? undefined : journey.open(count(books.open_dead_letters)),
      ),
      alarm: rates.dead_lettered > 0,
    },
  ]
}
