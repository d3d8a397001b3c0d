import type { FlowSample, Partition } from '../api/flow-sample.ts'
import { formatCount } from '../format/numbers.ts'
import { formatDuration } from '../format/time.ts'
import { visibleText } from '../format/visible.ts'
import { now } from '../frame/clock.ts'
import { wordFor, words } from '../words/words.ts'
import { ALARMS } from './alarms.ts'
import { connection } from './feed.ts'

/** What an operator has to know first. Amber is for what waits, red for what somebody has to decide. */
export function Alerts({ sample }: { readonly sample: FlowSample | undefined }) {
  const { flow, language, units, circuits, trouble } = words.value
  const lost = connection.value
  const away = Object.entries(sample?.circuits ?? {}).filter(([, state]) => state === 'open')
  const held = (sample?.partitions ?? []).filter(({ state }) => state === 'held')
  return (
    <div class="alerts" role="status">
      {lost.kind === 'lost' && sample === undefined && (
        <p class="alert alert-waits">
          {trouble.unreachable}. {trouble.unreachableWhy}
        </p>
      )}
      {lost.kind === 'lost' && sample !== undefined && (
        <p class="alert alert-waits">
          {flow.lost(
            formatDuration(language, Math.max(0, Math.round((now.value - lost.sinceMs) / 1_000)), units),
          )}
        </p>
      )}
      {away.map(([name]) => (
        <p key={name} class="alert alert-waits">
          {circuits.openWhy(wordFor({ database: circuits.database, kafka: circuits.kafka }, name))}
        </p>
      ))}
      {sample?.ready === false && away.length === 0 && <p class="alert alert-waits">{flow.notReady}</p>}
      {held.length > 0 && <Held partitions={held} headroom={sample?.lag.headroom_seconds ?? null} />}
    </div>
  )
}

interface HeldProps {
  readonly partitions: readonly Partition[]
  /** Seconds until Kafka may delete a record that waits; null when it does not. */
  readonly headroom: number | null
}

function Held({ partitions, headroom }: HeldProps) {
  const { flow, language, parts, units } = words.value
  const reasons = Map.groupBy(partitions, ({ reason }) => reason ?? 'unclassified')
  const alarming = [...reasons.keys()].some((reason) => ALARMS.includes(reason))
  return (
    <div class={alarming ? 'alert alert-failed' : 'alert alert-waits'}>
      <p>
        <strong>{flow.held(partitions.length, formatCount(language, partitions.length))}.</strong>{' '}
        {flow.heldWhy} {headroom !== null && flow.keptFor(formatDuration(language, headroom, units))}
      </p>
      <ul>
        {[...reasons].map(([reason, these]) => (
          <li key={reason}>
            {wordFor(parts.reasons, reason)}
            {': '}
            <span class="mono">
              {these.map(({ topic, partition }) => `${visibleText(topic)}/${partition}`).join(', ')}
            </span>
          </li>
        ))}
      </ul>
    </div>
  )
}
