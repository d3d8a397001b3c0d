import type { FlowSample } from '../api/flow-sample.ts'
import { formatCount } from '../format/numbers.ts'
import { words } from '../words/words.ts'
import type { Box, Layout } from './journey-layout.ts'

type GateState =
  | { readonly kind: 'open' | 'unknown' }
  | { readonly kind: 'partly' | 'shut'; readonly held: number; readonly all: number }

/** What stands between Kafka and the database: shut while everything holds, partly while some partitions do. */
export function gateOf({ partitions }: FlowSample): GateState {
  const orders = partitions.filter(({ role }) => role === 'orders')
  const held = orders.filter(({ state }) => state === 'held').length
  if (orders.length === 0) return { kind: 'unknown' }
  if (held === 0) return { kind: 'open' }
  return { kind: held === orders.length ? 'shut' : 'partly', held, all: orders.length }
}

export function Gate({ layout, state }: { readonly layout: Layout; readonly state: GateState }) {
  const { posts, blade, lift, label } = layout.gate
  const { journey, language } = words.value
  const share = state.kind === 'shut' ? 0 : state.kind === 'partly' ? 0.5 : 1
  return (
    <g class={`gate gate-${state.kind}`}>
      {posts.map((post) => (
        <Rect key={`${post.x} ${post.y}`} class="gate-post" box={post} />
      ))}
      <g class="gate-blade" transform={`translate(${lift[0] * share} ${lift[1] * share})`}>
        <Rect class="" box={blade} />
      </g>
      <text class="gate-label" x={label.x} y={label.y} text-anchor={label.anchor}>
        {journey.gate[state.kind]}
      </text>
      {'held' in state && (
        <text class="gate-label gate-held" x={label.x} y={label.y + 20} text-anchor={label.anchor}>
          {journey.heldOf(formatCount(language, state.held), formatCount(language, state.all))}
        </text>
      )}
    </g>
  )
}

function Rect({ class: name, box }: { readonly class: string; readonly box: Box }) {
  return <rect class={name} x={box.x} y={box.y} width={box.width} height={box.height} rx="1.5" />
}
