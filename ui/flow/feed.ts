import { computed, effect, signal } from '@preact/signals'
import { parsed, readJson, signedOut } from '../api/client.ts'
import type { FlowSample } from '../api/flow-sample.ts'
import { append, EMPTY_HISTORY, type History } from './history.ts'

type Connection =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'live' }
  | { readonly kind: 'lost'; readonly sinceMs: number }

/** A sample comes every second; after this long without one the numbers are no longer those of now. */
const SILENT_MS = 5_000
const RECONNECT_MS = 2_000
/** A browser opens six connections to one place, and a stream takes one: tabs nobody looks at give theirs back. */
const HIDDEN_MS = 60_000

export const connection = signal<Connection>({ kind: 'connecting' })
const history = signal<History>(EMPTY_HISTORY)
const frozen = signal<History | undefined>(undefined)

export const paused = computed(() => frozen.value !== undefined)
/** What the page shows: the newest, or what was the newest when somebody pressed pause. */
export const shown = computed(() => frozen.value ?? history.value)

export function togglePause(): void {
  frozen.value = frozen.value === undefined ? history.value : undefined
}

let stream: EventSource | undefined
let heardMs = Date.now()
let openedMs = heardMs
let timer: ReturnType<typeof setTimeout> | undefined

/**
 * Keeps a stream open while somebody may look, also on other views, so that the plot has no holes. The
 * browser reconnects by itself after a broken connection, but not after an answer that is no stream; so a
 * stream is opened anew whenever one has been silent.
 */
export function startFeed(): void {
  effect(() => {
    if (signedOut.value) close()
    else open()
  })
  setInterval(() => {
    if (stream !== undefined && Date.now() - Math.max(heardMs, openedMs) > SILENT_MS) lose()
  }, 1_000)
  let hidden: ReturnType<typeof setTimeout> | undefined
  document.addEventListener('visibilitychange', () => {
    clearTimeout(hidden)
    if (document.hidden) hidden = setTimeout(close, HIDDEN_MS)
    else if (stream === undefined && !signedOut.peek()) open()
  })
  window.addEventListener('pagehide', close)
  window.addEventListener('pageshow', (event) => {
    if (event.persisted) open()
  })
}

function open(): void {
  close()
  const opened = new EventSource('/api/v1/flow/events')
  stream = opened
  openedMs = Date.now()
  opened.addEventListener('flow', (event: MessageEvent<string>) => take(event.data))
  opened.addEventListener('error', lose)
}

function close(): void {
  clearTimeout(timer)
  stream?.close()
  stream = undefined
}

function lose(): void {
  close()
  if (connection.peek().kind !== 'lost') connection.value = { kind: 'lost', sinceMs: heardMs }
  timer = setTimeout(() => {
    // Asked first, because a stream does not tell why it was refused: a 401 opens the form to sign in.
    void readJson<FlowSample>('/api/v1/flow').then((answer) => {
      if (answer.kind === 'found') open()
      else if (answer.kind !== 'signed_out') lose()
    })
  }, RECONNECT_MS)
}

function take(data: string): void {
  const sample = parsed<FlowSample>(data)
  heardMs = Date.now()
  history.value = append(history.peek(), sample)
  if (connection.peek().kind !== 'live') connection.value = { kind: 'live' }
}
