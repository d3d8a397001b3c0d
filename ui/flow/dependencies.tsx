import type { Cache, Circuit } from '../api/flow-sample.ts'
import { formatBytes, formatCount, formatShare } from '../format/numbers.ts'
import { wordFor, words } from '../words/words.ts'

export function Connections({ circuits }: { readonly circuits: Readonly<Record<string, Circuit>> }) {
  const texts = words.value.circuits
  return (
    <section class="panel" aria-labelledby="connections-title">
      <h2 id="connections-title">{texts.title}</h2>
      <dl class="pairs">
        {Object.entries(circuits).map(([name, state]) => (
          <div key={name}>
            <dt>{wordFor({ database: texts.database, kafka: texts.kafka }, name)}</dt>
            <dd class={state === 'open' ? 'held' : ''}>
              {wordFor({ open: texts.open, closed: texts.closed }, state)}
            </dd>
          </div>
        ))}
      </dl>
    </section>
  )
}

export function CacheMeter({ cache }: { readonly cache: Cache }) {
  const { cache: texts, language } = words.value
  const count = (n: number): string => formatCount(language, n)
  const asked = cache.hits + cache.misses
  return (
    <section class="panel" aria-labelledby="cache-title">
      <h2 id="cache-title">{texts.title}</h2>
      {cache.max_bytes === 0 ? (
        <p class="soft">{texts.off}</p>
      ) : (
        <>
          <svg class="meter" viewBox="0 0 100 2" preserveAspectRatio="none" aria-hidden="true">
            <rect class="meter-all" width="100" height="2" />
            <rect class="meter-filled" width={(100 * cache.bytes) / cache.max_bytes} height="2" />
          </svg>
          <dl class="pairs">
            <div>
              <dt>{texts.entries(count(cache.entries), cache.entries)}</dt>
              <dd>
                {texts.filled(formatBytes(language, cache.bytes), formatBytes(language, cache.max_bytes))}
              </dd>
            </div>
            <div>
              <dt>{texts.hits}</dt>
              <dd>{asked === 0 ? texts.noReads : formatShare(language, cache.hits / asked)}</dd>
            </div>
            <div>
              <dt>{texts.evictions}</dt>
              <dd>{count(cache.evictions)}</dd>
            </div>
          </dl>
          {cache.warm_up.state === 'running' && (
            <p class="soft">{texts.warmUp(count(cache.warm_up.loaded))}</p>
          )}
        </>
      )}
    </section>
  )
}
