import { formatUtc } from '../format/time.ts'
import { Icon } from '../frame/icons.tsx'
import { words } from '../words/words.ts'
import { connection, paused, shown, togglePause } from './feed.ts'

/** Whether the numbers are of now, and the button that stops them. */
export function Status() {
  return (
    <div class="status">
      <p class={`status-text status-${paused.value ? 'paused' : connection.value.kind}`}>
        <span class="status-dot" aria-hidden="true" />
        {statusText()}
      </p>
      {shown.value.last !== undefined && <PauseButton />}
    </div>
  )
}

function PauseButton() {
  const { flow } = words.value
  return (
    <button
      type="button"
      class={paused.value ? 'button button-on' : 'button'}
      aria-keyshortcuts="p"
      onClick={togglePause}
    >
      <Icon name={paused.value ? 'play' : 'pause'} />
      {paused.value ? flow.resume : flow.pause}
    </button>
  )
}

function statusText(): string {
  const { flow } = words.value
  const at = shown.value.last?.at
  if (paused.value) return flow.paused(at === undefined ? '' : formatUtc(Date.parse(at)).slice(11))
  switch (connection.value.kind) {
    case 'connecting':
    case 'lost':
      return flow.connecting
    case 'live':
      return flow.live
  }
}
