import { signal } from '@preact/signals'

const query = window.matchMedia('(max-width: 52rem)')

/** True where pictures stand upright, because there is no room for them side by side. */
export const narrow = signal(query.matches)

query.addEventListener('change', () => {
  narrow.value = query.matches
})
