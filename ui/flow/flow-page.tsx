import { visibleText } from '../format/visible.ts'
import { words } from '../words/words.ts'
import { Alerts } from './alerts.tsx'
import { Books } from './books.tsx'
import { DeadLetters } from './dead-letters.tsx'
import { CacheMeter, Connections } from './dependencies.tsx'
import { Failures } from './failures.tsx'
import { shown } from './feed.ts'
import { ratesNow } from './history.ts'
import { Journey } from './journey.tsx'
import { LatencyPlot } from './latency-plot.tsx'
import { Partitions } from './partitions.tsx'
import { RatePlot } from './rate-plot.tsx'
import { Status } from './status.tsx'
import { Vitals } from './vitals.tsx'

export function FlowPage() {
  const history = shown.value
  const sample = history.last
  const rates = ratesNow(history)
  const { flow } = words.value
  return (
    <div class="flow">
      <h1 class="hidden">{flow.title}</h1>
      <Alerts sample={sample} />
      <div class="flow-top">
        <Books sample={sample} />
        <div class="flow-side">
          <Status />
          {sample !== undefined && <Vitals sample={sample} rates={rates} />}
        </div>
      </div>
      {sample !== undefined && (
        <>
          <Journey sample={sample} rates={rates} />
          <div class="flow-columns">
            <div class="flow-plots">
              <RatePlot moments={history.moments} />
              <LatencyPlot moments={history.moments} />
            </div>
            <Failures failures={sample.failures} />
            <DeadLetters archived={sample.counters.archived} />
            <Partitions partitions={sample.partitions} />
            <div class="flow-small">
              <Connections circuits={sample.circuits} />
              <CacheMeter cache={sample.cache} />
            </div>
          </div>
          <p class="flow-foot soft small">
            {flow.since} <span class="mono">{visibleText(sample.instance)}</span> ·{' '}
            {visibleText(sample.version)}
          </p>
        </>
      )}
    </div>
  )
}
