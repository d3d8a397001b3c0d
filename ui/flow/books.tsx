import type { FlowSample } from '../api/flow-sample.ts'
import { formatCount } from '../format/numbers.ts'
import { words } from '../words/words.ts'

/** The one number that matters most: of how many records nobody knows what became of them. */
export function Books({ sample }: { readonly sample: FlowSample | undefined }) {
  const { flow, language } = words.value
  const books = sample?.books ?? null
  if (books === null) {
    return (
      <section class="books books-closed">
        <p class="books-number">?</p>
        <p class="books-label">{sample === undefined ? flow.waitingForBooks : flow.noBooks}</p>
      </section>
    )
  }
  const { unaccounted, records, expired } = books
  return (
    <section class={unaccounted === 0 ? 'books' : 'books books-off'}>
      <p class="books-line">
        <span class="books-number">{formatCount(language, unaccounted)}</span>{' '}
        <span class="books-label">{flow.unaccounted(unaccounted)}</span>
      </p>
      <p class="books-sum">
        {unaccounted === 0 ? flow.balanced(formatCount(language, records), records) : flow.unbalanced}
      </p>
      {expired > 0 && <p class="books-loss">{flow.expired(formatCount(language, expired), expired)}</p>}
    </section>
  )
}
