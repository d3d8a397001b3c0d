import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import type { Answer } from '../api/client.ts'
import { readByTrackNumber, readOrder, type OrderPage, type OrderSummary } from '../api/orders.ts'
import { formatCount } from '../format/numbers.ts'
import { follow, orderPath } from '../frame/router.ts'
import { Text } from '../frame/text.tsx'
import { Trouble, type TroubleKind } from '../frame/trouble.tsx'
import { When } from '../frame/when.tsx'
import { words } from '../words/words.ts'
import { isUid } from './pasted.ts'

/** Orders with a track number, newest first. */
export function SearchPage({ term }: { readonly term: string }) {
  const orders = useSignal<readonly OrderSummary[]>([])
  const last = useSignal<Answer<OrderPage> | undefined>(undefined)
  const byUid = useSignal<Answer<unknown> | undefined>(undefined)
  /** Behind the orders that are shown; a page that could not be read is asked for again from there. */
  const cursor = useRef<string | null>(null)
  const asking = useRef(false)
  const loadPage = async (): Promise<void> => {
    const answer = await readByTrackNumber(term, cursor.current)
    if (answer.kind === 'found') {
      orders.value = [...orders.value, ...answer.value.items]
      cursor.current = answer.value.next
    }
    last.value = answer
  }
  const lookForUid = async (): Promise<void> => {
    if (!isUid(term) || (byUid.value !== undefined && !isTrouble(byUid.value))) return
    byUid.value = await readOrder(term)
  }
  const load = async (): Promise<void> => {
    // Two answers from one cursor would show its orders twice.
    if (asking.current) return
    asking.current = true
    await Promise.all([loadPage(), lookForUid()])
    asking.current = false
  }
  useEffect(() => void load(), [])
  const { search } = words.value
  const answer = last.value
  return (
    <section class="results">
      <h1>
        <Text of={term} />
      </h1>
      {byUid.value?.kind === 'found' && (
        <p>
          <a class="mono" href={orderPath(term)} onClick={follow}>
            {search.byUid}
          </a>
        </p>
      )}
      <Found orders={orders.value} answer={answer} onMore={() => void load()} />
      {answer !== undefined && isTrouble(answer) && <Trouble answer={answer} onRetry={() => void load()} />}
    </section>
  )
}

function isTrouble(answer: Answer<unknown>): answer is TroubleKind {
  return answer.kind !== 'found' && answer.kind !== 'unknown' && answer.kind !== 'invalid'
}

interface FoundProps {
  readonly orders: readonly OrderSummary[]
  readonly answer: Answer<OrderPage> | undefined
  readonly onMore: () => void
}

function Found({ orders, answer, onMore }: FoundProps) {
  const { search, language } = words.value
  if (answer === undefined) return <p class="soft">{search.looking}</p>
  if (orders.length === 0) {
    if (isTrouble(answer)) return null
    return (
      <>
        <p class="lead">{search.none}</p>
        <p class="soft">{search.noneNext}</p>
      </>
    )
  }
  // While the next page can't be read, nobody knows whether these are all.
  const areAll = answer.kind === 'found' && answer.value.next === null
  const count = formatCount(language, orders.length)
  return (
    <>
      <p class="lead">{areAll ? search.found(count, orders.length) : search.foundMore(count)}</p>
      <OrderTable orders={orders} />
      {!areAll && !isTrouble(answer) && (
        <button type="button" class="button" onClick={onMore}>
          {search.more}
        </button>
      )}
    </>
  )
}

function OrderTable({ orders }: { readonly orders: readonly OrderSummary[] }) {
  const { columns } = words.value.search
  const { language } = words.value
  return (
    <div class="scrolls">
      <table>
        <thead>
          <tr>
            <th scope="col">{columns.uid}</th>
            <th scope="col" class="roomy">
              {columns.stored}
            </th>
            <th scope="col" class="roomy">
              {columns.customer}
            </th>
            <th scope="col" class="roomy">
              {columns.service}
            </th>
            <th scope="col" class="number roomy">
              {columns.items}
            </th>
            <th scope="col" class="number">
              {columns.amount}
            </th>
          </tr>
        </thead>
        <tbody>
          {orders.map((order) => (
            <tr key={order.order_uid}>
              <td class="mono">
                <a href={orderPath(order.order_uid)} data-row onClick={follow}>
                  {order.order_uid}
                </a>
              </td>
              <td class="roomy">
                <When at={order.stored_at} />
              </td>
              <td class="roomy">
                <Text of={order.customer_id} />
              </td>
              <td class="roomy">
                <Text of={order.delivery_service} />
              </td>
              <td class="number roomy">{formatCount(language, order.items_count)}</td>
              <td class="number">
                {formatCount(language, order.amount)} <span class="soft">{order.currency}</span>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
