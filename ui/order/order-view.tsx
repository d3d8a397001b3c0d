import type { Order, Stored, Whereabouts } from '../api/orders.ts'
import { visibleJson } from '../format/visible.ts'
import { CopyButton } from '../frame/copy.tsx'
import { Icon } from '../frame/icons.tsx'
import { When } from '../frame/when.tsx'
import { shown } from '../flow/feed.ts'
import { words } from '../words/words.ts'
import { Elsewhere } from './absent.tsx'
import { curlFor } from './curl.ts'
import { Items } from './items.tsx'
import { PaymentSection } from './payment.tsx'
import { Fields } from './fields.tsx'

interface Props {
  readonly order: Order
  /** The stored bytes. */
  readonly text: string
  /** Undefined when it could not be told. */
  readonly place: Whereabouts | undefined
}

export function OrderView({ order, text, place }: Props) {
  const { order: texts, absent } = words.value
  const { delivery } = order
  return (
    <>
      <Origin order={order} stored={place?.stored ?? null} />
      <Actions uid={order.order_uid} text={text} />
      <div class="order-columns">
        <section aria-labelledby="summary-title">
          <h2 id="summary-title">{texts.summary}</h2>
          <Fields
            of={order}
            names={[
              'track_number',
              'customer_id',
              'delivery_service',
              'entry',
              'locale',
              'sm_id',
              'shardkey',
              'oof_shard',
              'internal_signature',
            ]}
          />
        </section>
        <section aria-labelledby="delivery-title">
          <h2 id="delivery-title">{texts.delivery}</h2>
          <Fields of={delivery} names={['name', 'phone', 'email', 'address', 'city', 'region', 'zip']} />
        </section>
        <PaymentSection payment={order.payment} />
      </div>
      <Items items={order.items} currency={order.payment.currency} />
      {place !== undefined && <Elsewhere place={place} waits={absent.otherWaits} dead={absent.otherDead} />}
      <details class="raw">
        <summary>
          <h2>{texts.raw}</h2>
        </summary>
        <p class="soft small">{texts.rawNote}</p>
        <pre class="mono" tabIndex={0} role="region" aria-label={texts.raw}>
          {visibleJson(order)}
        </pre>
      </details>
    </>
  )
}

/** Where the order came from, and where the answer. */
function Origin({ order, stored }: { readonly order: Order; readonly stored: Stored | null }) {
  const texts = words.value.order
  const topic = shown.value.last?.partitions.find(({ role }) => role === 'orders')?.topic ?? ''
  const source = stored?.source ?? null
  return (
    <dl class="origin">
      <div>
        <dt>{texts.created}</dt>
        <dd>
          <When at={order.date_created} />
        </dd>
      </div>
      {stored !== null && (
        <div>
          <dt>{texts.storedAt}</dt>
          <dd>
            <When at={stored.stored_at} />
          </dd>
        </div>
      )}
      {source !== null && (
        <div>
          <dt>{texts.from}</dt>
          <dd title={source.topic_id}>
            {texts.place(topic, String(source.partition), String(source.offset))}
          </dd>
        </div>
      )}
      {stored !== null && (
        <div>
          <dt>{texts.answered}</dt>
          <dd>{stored.cached ? texts.cached : texts.database}</dd>
        </div>
      )}
    </dl>
  )
}

function Actions({ uid, text }: { readonly uid: string; readonly text: string }) {
  const texts = words.value.order
  return (
    <p class="order-actions">
      <CopyButton label={texts.copyJson} icon="copy" text={() => text} />
      <CopyButton label={texts.copyLink} icon="link" text={() => location.href} />
      <CopyButton label={texts.copyCurl} icon="terminal" text={() => curlFor(location.origin, uid)} />
      <a class="button" href={`/order/${encodeURIComponent(uid)}`} download={`${uid}.json`}>
        <Icon name="download" />
        {texts.download}
      </a>
    </p>
  )
}
