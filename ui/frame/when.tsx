import { formatLocal, formatRelative, formatUtc } from '../format/time.ts'
import { words } from '../words/words.ts'
import { now } from './clock.ts'
import { times } from './preferences.ts'

/** An instant as the reader prefers it; the other forms are in its tooltip. */
export function When({ at }: { readonly at: string }) {
  const atMs = Date.parse(at)
  if (Number.isNaN(atMs)) return <>{words.value.nothing}</>
  const texts = {
    relative: formatRelative(words.value.language, atMs, now.value),
    utc: formatUtc(atMs),
    local: formatLocal(atMs),
  }
  const { [times.value]: text, ...others } = texts
  const title = Object.values(others).join(' · ')
  return (
    <time dateTime={at} title={title}>
      {text}
    </time>
  )
}
