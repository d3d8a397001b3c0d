import type { FlowSample } from '../api/flow-sample.ts'
import { formatCount, formatRate } from '../format/numbers.ts'
import { formatDuration } from '../format/time.ts'
import { words } from '../words/words.ts'
import { LETTERS } from './dead-letters.tsx'
import type { Rates } from './history.ts'

interface Props {
  readonly sample: FlowSample
  readonly rates: Rates
}

/** What one wants to read across the room. */
export function Vitals({ sample, rates }: Props) {
  const { flow, language, units, perSecond, nothing } = words.value
  const { lag, books } = sample
  const open = books?.open_dead_letters
  return (
    <dl class="vitals">
      <div class="vital">
        <dt>{flow.storedRate}</dt>
        <dd>
          {formatRate(language, rates.stored)}
          <small>{perSecond}</small>
        </dd>
      </div>
      <div class={lag.seconds > 60 ? 'vital waits' : 'vital'}>
        <dt>{flow.lag}</dt>
        <dd>
          {formatDuration(language, lag.seconds, units)}
          <small>
            {formatCount(language, lag.records)} {flow.lagUnit(lag.records)}
          </small>
        </dd>
      </div>
      <div class={open === undefined || open === 0 ? 'vital' : 'vital failed'}>
        <dt>{flow.deadLetters}</dt>
        <dd>{open === undefined ? nothing : <OpenDeadLetters count={open} />}</dd>
      </div>
    </dl>
  )
}

/** Leads to the list of them further down. */
function OpenDeadLetters({ count }: { readonly count: number }) {
  const text = formatCount(words.value.language, count)
  return count === 0 ? <>{text}</> : <a href={`#${LETTERS}`}>{text}</a>
}
