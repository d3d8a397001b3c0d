import { useSignal } from '@preact/signals'
import type { Item } from '../api/orders.ts'
import { formatCount } from '../format/numbers.ts'
import { Text } from '../frame/text.tsx'
import { words } from '../words/words.ts'

/** An order may have ten thousand items; so many are shown at first. */
const FIRST = 100

interface Props {
  readonly items: readonly Item[]
  readonly currency: string
}

export function Items({ items, currency }: Props) {
  const all = useSignal(false)
  const { order: texts, language } = words.value
  const rows = all.value ? items : items.slice(0, FIRST)
  const count = formatCount(language, items.length)
  return (
    <section class="items" aria-labelledby="items-title">
      <h2 id="items-title">{texts.items(count, items.length)}</h2>
      <div class="scrolls" tabIndex={0} role="region" aria-labelledby="items-title">
        <table>
          <thead>
            <tr>
              <th scope="col">{texts.fields.item}</th>
              <th scope="col">{texts.fields.brand}</th>
              <th scope="col">{texts.fields.size}</th>
              <th scope="col" class="number">
                {texts.fields.price}
              </th>
              <th scope="col" class="number">
                {texts.fields.sale}
              </th>
              <th scope="col" class="number">
                {texts.fields.total_price}
              </th>
              <th scope="col" class="number">
                {texts.fields.status}
              </th>
              <th scope="col">{texts.fields.rid}</th>
              <th scope="col" class="number">
                {texts.fields.nm_id}
              </th>
              <th scope="col" class="number">
                {texts.fields.chrt_id}
              </th>
              <th scope="col">{texts.fields.track_number}</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((item, at) => (
              <Row key={at} item={item} currency={currency} />
            ))}
          </tbody>
        </table>
      </div>
      {rows.length < items.length && (
        <button
          type="button"
          class="button"
          onClick={() => {
            all.value = true
          }}
        >
          {texts.showAll(count)}
        </button>
      )}
    </section>
  )
}

function Row({ item, currency }: { readonly item: Item; readonly currency: string }) {
  const { language } = words.value
  return (
    <tr>
      <td class="item-name">
        <Text of={item.name} />
      </td>
      <td class="text">
        <Text of={item.brand} />
      </td>
      <td>
        <Text of={item.size} />
      </td>
      <td class="number">{formatCount(language, item.price)}</td>
      <td class="number">{formatCount(language, item.sale)} %</td>
      <td class="number">
        {formatCount(language, item.total_price)} <span class="soft">{currency}</span>
      </td>
      <td class="number">{item.status}</td>
      <td class="mono small text">
        <Text of={item.rid} />
      </td>
      <td class="number mono small">{item.nm_id}</td>
      <td class="number mono small">{item.chrt_id}</td>
      <td class="mono small text">
        <Text of={item.track_number} />
      </td>
    </tr>
  )
}
