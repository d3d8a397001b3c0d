import { signal } from '@preact/signals'

/** The time of this machine, once a second, for everything that says how long ago something was. */
export const now = signal(Date.now())

setInterval(() => {
  if (!document.hidden) now.value = Date.now()
}, 1_000)

document.addEventListener('visibilitychange', () => {
  now.value = Date.now()
})
