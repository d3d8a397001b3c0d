import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import type { Answer } from '../api/client.ts'
import { readOrder, readWhereabouts, type Order, type Whereabouts } from '../api/orders.ts'
import { CopyButton } from '../frame/copy.tsx'
import { Text } from '../frame/text.tsx'
import { Trouble } from '../frame/trouble.tsx'
import { isUid } from '../search/pasted.ts'
import { words } from '../words/words.ts'
import { Absent } from './absent.tsx'
import { OrderView } from './order-view.tsx'

interface Looked {
  readonly order: Answer<{ readonly text: string; readonly value: Order }>
  readonly place: Answer<Whereabouts>
}

/** So often an order that is not stored is looked for again, while the page can be seen. */
const LOOK_AGAIN_MS = 3_000

export function OrderPage({ uid }: { readonly uid: string }) {
  const { order } = words.value
  return (
    <article class="order">
      <header class="order-head">
        <p class="eyebrow">{order.heading}</p>
        <h1 class="order-uid mono">
          <Text of={uid} />
        </h1>
      </header>
      {isUid(uid) ? <Looking uid={uid} /> : <Invalid />}
    </article>
  )
}

function Looking({ uid }: { readonly uid: string }) {
  const looked = useSignal<Looked | undefined>(undefined)
  const looking = useSignal(false)
  const look = async (): Promise<void> => {
    if (looking.value) return
    looking.value = true
    // Asked for first, because reading the order puts it into memory, and the answer tells where it was before.
    const place = readWhereabouts(uid)
    const order = readOrder(uid)
    looked.value = { place: await place, order: await order }
    looking.value = false
  }
  useEffect(() => {
    void look()
    const timer = setInterval(() => {
      if (looked.value?.order.kind === 'unknown' && !document.hidden) void look()
    }, LOOK_AGAIN_MS)
    return () => clearInterval(timer)
  }, [])
  return <Body looked={looked.value} onLook={() => void look()} />
}

interface BodyProps {
  readonly looked: Looked | undefined
  readonly onLook: () => void
}

function Body({ looked, onLook }: BodyProps) {
  const { search } = words.value
  if (looked === undefined) return <p class="soft">{search.looking}</p>
  const { order, place } = looked
  switch (order.kind) {
    case 'found':
      return (
        <OrderView
          order={order.value.value}
          text={order.value.text}
          place={place.kind === 'found' ? place.value : undefined}
        />
      )
    case 'unknown':
      return place.kind === 'found' || place.kind === 'unknown' ? (
        <Absent place={place.kind === 'found' ? place.value : undefined} onLook={onLook} />
      ) : place.kind === 'invalid' ? (
        <Invalid />
      ) : (
        <Trouble answer={place} onRetry={onLook} />
      )
    case 'invalid':
      return <Invalid />
    case 'signed_out':
    case 'busy':
    case 'unavailable':
    case 'refused':
    case 'unreachable':
      return (
        <>
          <Trouble answer={order} onRetry={onLook} />
          <p class="order-actions">
            <CopyButton label={words.value.order.copyLink} icon="link" text={() => location.href} />
          </p>
        </>
      )
  }
}

function Invalid() {
  const { absent } = words.value
  return (
    <section class="notice">
      <h2>{absent.invalid}</h2>
      <p class="soft">{absent.invalidWhy}</p>
    </section>
  )
}
