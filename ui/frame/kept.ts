import { effect, signal, type Signal } from '@preact/signals'

/** A choice that the browser keeps, under a name of ours. */
export function kept<T extends string>(name: string, choices: readonly T[], fallback: NoInfer<T>): Signal<T> {
  const key = `sluice.${name}`
  const stored = read(key)
  const choice = signal(choices.find((each) => each === stored) ?? fallback)
  let first = true
  effect(() => {
    const { value } = choice
    // What nobody chose is not kept, so that it goes on following the system.
    if (!first) write(key, value)
    first = false
  })
  return choice
}

/** A browser may forbid its storage; then a choice lasts as long as the page. */
function read(key: string): string | null {
  try {
    return localStorage.getItem(key)
  } catch {
    return null
  }
}

function write(key: string, value: string): void {
  try {
    localStorage.setItem(key, value)
  } catch {}
}
