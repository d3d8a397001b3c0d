import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { readNewestDeadLetters, type DeadLetterSummary } from '../api/dead-letters.ts'
import { formatCount } from '../format/numbers.ts'
import { visibleText } from '../format/visible.ts'
import { follow, orderPath } from '../frame/router.ts'
import { Text } from '../frame/text.tsx'
import { When } from '../frame/when.tsx'
import { isUid } from '../search/pasted.ts'
import { wordFor, words } from '../words/words.ts'

export const LETTERS = 'dead-letters'
const SHOWN = 8

/**
 * The newest of them, each leading to its order's page. What comes while somebody reads does not move the
 * rows: it is counted, and shown when asked for.
 */
export function DeadLetters({ archived }: { readonly archived: number }) {
  const letters = useSignal<readonly DeadLetterSummary[]>([])
  const archivedThen = useSignal(archived)
  const load = async (): Promise<void> => {
    const now = archived
    const answer = await readNewestDeadLetters(SHOWN)
    if (answer.kind !== 'found') return
    letters.value = answer.value.items
    archivedThen.value = now
  }
  const fresh = Math.max(0, archived - archivedThen.value)
  const isFirst = letters.value.length === 0 && fresh > 0
  useEffect(() => void load(), [isFirst])
  const { deadLetters: texts, language } = words.value
  if (letters.value.length === 0) return null
  return (
    <section id={LETTERS} class="panel panel-letters" aria-labelledby="letters-title">
      <div class="panel-head">
        <h2 id="letters-title">{texts.title}</h2>
        {fresh > 0 && (
          <button type="button" class="choice" onClick={() => void load()}>
            {texts.fresh(formatCount(language, fresh))}
          </button>
        )}
      </div>
      <div class="scrolls">
        <table>
          <thead>
            <tr>
              <th scope="col">{texts.when}</th>
              <th scope="col">{texts.key}</th>
              <th scope="col">{texts.why}</th>
              <th scope="col" class="roomy">
                {texts.record}
              </th>
            </tr>
          </thead>
          <tbody>
            {letters.value.map((letter) => (
              <Row key={letter.entry} of={letter} />
            ))}
          </tbody>
        </table>
      </div>
    </section>
  )
}

function Row({ of }: { readonly of: DeadLetterSummary }) {
  const { failures, deadLetters: texts } = words.value
  return (
    <tr>
      <td class="soft letter-when">
        <When at={of.created_at} />
      </td>
      <td class="mono">
        {of.key !== null && isUid(of.key) ? (
          <a href={orderPath(of.key)} data-row onClick={follow}>
            {of.key}
          </a>
        ) : (
          <span class="soft">{of.key === null ? texts.noKey : <Text of={of.key} />}</span>
        )}
      </td>
      <td class="letter-why">
        {wordFor(failures.types, of.error_type)}{' '}
        <span class="mono soft small">
          <Text of={of.error_message} />
        </span>
      </td>
      <td class="mono soft small roomy">
        {visibleText(of.topic)}/{of.partition} @ {of.offset}
      </td>
    </tr>
  )
}
