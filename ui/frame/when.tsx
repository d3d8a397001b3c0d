import { formatRelative, formatUtc } from '../format/time.ts'
import { words } from '../words/words.ts'
import { now } from './clock.ts'
import { times } from './preferences.ts'

/** An instant as the reader prefers it; the other form is in its tooltip. */
export function When({ at }: { readonly at: string }) {
  const atMs = Date.parse(at)
  if (Number.isNaN(atMs)) return <>{words.value.nothing}</>
  const relative = formatRelative(words.value.language, atMs, now.value)
  const utc = formatUtc(atMs)
  const [text, title] = times.value === 'utc' ? [utc, relative] : [relative, utc]
  return (
    <time dateTime={at} title={title}>
      {text}
    </time>
  )
}
