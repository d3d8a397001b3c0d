import { useSignal } from '@preact/signals'
import { useLayoutEffect, useRef } from 'preact/hooks'
import { Icon } from '../frame/icons.tsx'
import { navigate, orderPath, route, searchPath, type Route } from '../frame/router.ts'
import { words } from '../words/words.ts'
import { find } from './find.ts'
import { termOf } from './pasted.ts'

export const SEARCH_BOX = 'search-box'

export function SearchBox() {
  const typed = useSignal('')
  const looking = useSignal(false)
  const asked = useRef('')
  // At once, not with the next frame: what somebody types from now on must not be overwritten.
  useLayoutEffect(
    () =>
      route.subscribe((at) => {
        typed.value = termAt(at) ?? typed.peek()
      }),
    [],
  )
  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault()
    const term = termOf(typed.value)
    if (term === '') return
    typed.value = term
    looking.value = true
    asked.current = term
    const leadsTo = await find(term)
    // The answer to an earlier term may come last.
    if (asked.current !== term) return
    looking.value = false
    navigate(leadsTo.kind === 'order' ? orderPath(leadsTo.uid) : searchPath(term))
  }
  const { search } = words.value
  return (
    <form class="search" role="search" action="/" onSubmit={(event) => void submit(event)}>
      <label class="hidden" for={SEARCH_BOX}>
        {search.label}
      </label>
      <Icon name="search" />
      <input
        id={SEARCH_BOX}
        name="q"
        type="search"
        autocomplete="off"
        autocapitalize="off"
        spellcheck={false}
        enterkeyhint="search"
        placeholder={search.hint}
        value={typed}
        onInput={(event) => {
          typed.value = event.currentTarget.value
        }}
        onKeyDown={(event) => {
          if (event.key === 'Escape') event.currentTarget.blur()
        }}
      />
      <kbd class="search-key" aria-hidden="true">
        /
      </kbd>
      <button type="submit" class="hidden">
        {search.submit}
      </button>
      <span class="hidden" role="status">
        {looking.value ? search.looking : ''}
      </span>
    </form>
  )
}

function termAt(at: Route): string | undefined {
  switch (at.name) {
    case 'flow':
      return ''
    case 'search':
      return at.term
    case 'order':
      return at.uid
    case 'missing':
      return undefined
  }
}
