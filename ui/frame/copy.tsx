import { useSignal } from '@preact/signals'
import { words } from '../words/words.ts'
import { Icon, type IconName } from './icons.tsx'

interface Props {
  readonly label: string
  readonly icon: IconName
  readonly text: () => string
}

/** Says on the button itself, and to screen readers, whether the text is on the clipboard now. */
export function CopyButton({ label, icon, text }: Props) {
  const state = useSignal<'idle' | 'copied' | 'refused'>('idle')
  const copy = async (): Promise<void> => {
    state.value = (await toClipboard(text())) ? 'copied' : 'refused'
    setTimeout(() => {
      state.value = 'idle'
    }, 2_000)
  }
  const { copied, notCopied } = words.value.order
  return (
    <button type="button" class="button" onClick={() => void copy()}>
      <Icon name={state.value === 'copied' ? 'check' : icon} />
      <span class="button-label">
        <span class={state.value === 'idle' ? '' : 'away'}>{label}</span>
        <span class={state.value === 'idle' ? 'away' : ''} role="status">
          {state.value === 'copied' ? copied : state.value === 'refused' ? notCopied : ''}
        </span>
      </span>
    </button>
  )
}

/** Without TLS, a browser offers its clipboard on this machine's own address alone; the old way works everywhere. */
async function toClipboard(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    return bySelection(text)
  }
}

function bySelection(text: string): boolean {
  const field = document.createElement('textarea')
  field.value = text
  field.className = 'hidden'
  const before = document.activeElement
  document.body.append(field)
  field.select()
  try {
    return document.execCommand('copy')
  } catch {
    return false
  } finally {
    field.remove()
    if (before instanceof HTMLElement) before.focus()
  }
}
