/** Single keys that work wherever nobody is typing. */
export type Keys = Readonly<Record<string, () => void>>

/** `goAnywhere` is for Ctrl-K and ⌘K, which work while somebody types, too. */
export function listenForKeys(keys: Keys, goAnywhere: () => void): () => void {
  const pressed = (event: KeyboardEvent): void => {
    if (event.altKey || event.defaultPrevented) return
    if (document.querySelector('dialog[open]') !== null) return
    const key = latinKeyOf(event)
    const act =
      event.ctrlKey || event.metaKey ? (key === 'k' ? goAnywhere : undefined) : singleKey(event, key)
    if (act === undefined) return
    event.preventDefault()
    act()
  }
  const singleKey = ({ target }: KeyboardEvent, key: string): (() => void) | undefined =>
    isTyping(target) ? undefined : keys[key]
  document.addEventListener('keydown', pressed)
  return () => document.removeEventListener('keydown', pressed)
}

/** Where `/` and `?` of a US keyboard give these, the layout is Cyrillic. */
const CYRILLIC_SLASH: Readonly<Record<string, string>> = { '.': '/', ',': '?' }

/**
 * What the key is named in Latin letters. A Cyrillic layout has none, so there the place of the key decides;
 * elsewhere it must not, since Latin layouts put other letters in that place.
 */
function latinKeyOf({ key, code }: Pick<KeyboardEvent, 'key' | 'code'>): string {
  if (code === 'Slash') return CYRILLIC_SLASH[key] ?? key
  return /^\p{Script=Cyrillic}$/u.test(key) && /^Key[A-Z]$/.test(code) ? code.slice(3).toLowerCase() : key
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
  )
}

/** Moves the focus among the links of rows. */
export function moveAmongRows(step: 1 | -1): void {
  const rows = Array.from(document.querySelectorAll<HTMLElement>('[data-row]'))
  const at = rows.findIndex((row) => row === document.activeElement)
  const next = at === -1 ? (step === 1 ? 0 : rows.length - 1) : at + step
  rows[next]?.focus()
}
