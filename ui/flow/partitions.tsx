import type { Partition } from '../api/flow-sample.ts'
import { formatCount } from '../format/numbers.ts'
import { visibleText } from '../format/visible.ts'
import { wordFor, words } from '../words/words.ts'

export function Partitions({ partitions }: { readonly partitions: readonly Partition[] }) {
  const { parts } = words.value
  const sorted = partitions.toSorted((a, b) => keyOf(a).localeCompare(keyOf(b), 'en', { numeric: true }))
  return (
    <section class="panel panel-partitions" aria-labelledby="partitions-title">
      <h2 id="partitions-title">{parts.title}</h2>
      {sorted.length === 0 ? (
        <p class="soft">{parts.none}</p>
      ) : (
        <div class="scrolls">
          <table>
            <thead>
              <tr>
                <th scope="col">{parts.partition}</th>
                <th scope="col">{parts.state}</th>
                <th scope="col" class="number roomy">
                  {parts.next}
                </th>
                <th scope="col" class="number">
                  {parts.behind}
                </th>
              </tr>
            </thead>
            <tbody>
              {sorted.map((partition) => (
                <Row key={keyOf(partition)} of={partition} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  )
}

function keyOf({ role, topic, partition }: Partition): string {
  return `${ROLES.indexOf(role)} ${topic}/${partition}`
}

const ROLES = ['orders', 'retries', 'dead-letters']

function Row({ of }: { readonly of: Partition }) {
  const { language } = words.value
  return (
    <tr>
      <td class="mono">
        {visibleText(of.topic)}/{of.partition}
      </td>
      <td class={of.state === 'held' ? 'held' : ''}>{stateOf(of)}</td>
      <td class="number roomy">{formatCount(language, of.next_offset)}</td>
      <td class="number">{formatCount(language, of.lag)}</td>
    </tr>
  )
}

function stateOf({ state, reason }: Partition): string {
  const { parts } = words.value
  const names = { flowing: parts.flowing, held: parts.heldState, resuming: parts.resumingState }
  const name = wordFor(names, state)
  return reason === null || reason === '' ? name : `${name}: ${wordFor(parts.reasons, reason)}`
}
