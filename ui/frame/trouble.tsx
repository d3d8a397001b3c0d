import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import type { Answer } from '../api/client.ts'
import { formatDuration } from '../format/time.ts'
import { words } from '../words/words.ts'
import { Icon } from './icons.tsx'

/** Answers that say nothing about what was asked for. */
export type TroubleKind = Exclude<Answer<unknown>, { kind: 'found' | 'unknown' | 'invalid' }>

interface Props {
  readonly answer: TroubleKind
  readonly onRetry: () => void
}

/** Never a "not found": it says that nobody could look, and looks again by itself. */
export function Trouble({ answer, onRetry }: Props) {
  const left = useSignal(retryAfterS(answer))
  useEffect(() => {
    left.value = retryAfterS(answer)
    const timer = setInterval(() => {
      left.value -= 1
      if (left.value === 0) onRetry()
    }, 1_000)
    return () => clearInterval(timer)
  }, [answer])
  const { trouble, language, units } = words.value
  const { title, why } = textsOf(answer)
  return (
    <div class="notice notice-waits" role="alert">
      <h2>{title}</h2>
      {why !== '' && <p>{why}</p>}
      <p class="notice-actions">
        <button type="button" class="button" onClick={onRetry}>
          <Icon name="again" />
          {trouble.tryNow}
        </button>
        <span class="soft" aria-hidden="true">
          {trouble.again(formatDuration(language, Math.max(0, left.value), units))}
        </span>
      </p>
    </div>
  )
}

function retryAfterS(answer: TroubleKind): number {
  return 'retryAfterS' in answer ? answer.retryAfterS : 5
}

function textsOf(answer: TroubleKind): { readonly title: string; readonly why: string } {
  const { trouble, signIn } = words.value
  switch (answer.kind) {
    case 'unavailable':
      return { title: trouble.unavailable, why: trouble.unavailableWhy }
    case 'unreachable':
      return { title: trouble.unreachable, why: trouble.unreachableWhy }
    case 'busy':
      return { title: trouble.busy, why: '' }
    case 'refused':
      return { title: trouble.refused, why: answer.detail }
    case 'signed_out':
      return { title: signIn.title, why: signIn.why }
  }
}
