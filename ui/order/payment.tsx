import type { Payment } from '../api/orders.ts'
import { formatCount } from '../format/numbers.ts'
import { When } from '../frame/when.tsx'
import { words } from '../words/words.ts'
import { Fields } from './fields.tsx'

/** The amounts as on a bill, in the unit in which they were sent; then who was paid, and when. */
export function PaymentSection({ payment }: { readonly payment: Payment }) {
  const { order: texts, language, nothing } = words.value
  const paidMs = payment.payment_dt * 1_000
  return (
    <section aria-labelledby="payment-title">
      <h2 id="payment-title">{texts.payment}</h2>
      <dl class="bill">
        {(['goods_total', 'delivery_cost', 'custom_fee'] as const).map((name) => (
          <div key={name}>
            <dt>{texts.fields[name]}</dt>
            <dd>{formatCount(language, payment[name])}</dd>
          </div>
        ))}
        <div class="bill-sum">
          <dt>{texts.fields.amount}</dt>
          <dd>
            {formatCount(language, payment.amount)} <small>{payment.currency}</small>
          </dd>
        </div>
      </dl>
      <Fields of={payment} names={['provider', 'bank', 'transaction', 'request_id']} />
      <dl class="fields">
        <div>
          <dt>{texts.fields.payment_dt}</dt>
          <dd>
            {paidMs < 8.64e15 ? (
              <When at={new Date(paidMs).toISOString()} />
            ) : (
              `${payment.payment_dt} ${nothing}`
            )}
          </dd>
        </div>
      </dl>
    </section>
  )
}
