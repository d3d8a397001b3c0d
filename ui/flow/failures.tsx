import type { FailureCount } from '../api/flow-sample.ts'
import { formatCount } from '../format/numbers.ts'
import { visibleText } from '../format/visible.ts'
import { When } from '../frame/when.tsx'
import { wordFor, words } from '../words/words.ts'

/** In the order of their names, so that rows stay where they are while numbers change. */
export function Failures({ failures }: { readonly failures: readonly FailureCount[] }) {
  const { failures: texts, language } = words.value
  const known = Object.keys(texts.types)
  const seen = failures.toSorted((a, b) => known.indexOf(a.type) - known.indexOf(b.type))
  return (
    <section class="panel panel-failures" aria-labelledby="failures-title">
      <h2 id="failures-title">{texts.title}</h2>
      {seen.length === 0 ? (
        <p class="soft">{texts.none}</p>
      ) : (
        <table>
          <thead>
            <tr>
              <th scope="col">{texts.type}</th>
              <th scope="col" class="number">
                {texts.count}
              </th>
              <th scope="col" class="number">
                {texts.last}
              </th>
            </tr>
          </thead>
          <tbody>
            {seen.map(({ type, count, last_at }) => (
              <tr key={type}>
                <td>
                  {wordFor(texts.types, type)} <span class="mono soft small">{visibleText(type)}</span>
                </td>
                <td class="number failed">{formatCount(language, count)}</td>
                <td class="number soft">
                  <When at={last_at} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  )
}
