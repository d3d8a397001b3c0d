import { computed, signal } from '@preact/signals'

export type Route =
  | { readonly name: 'flow' }
  | { readonly name: 'search'; readonly term: string }
  /** Whatever stands in the address; it need not be a uid. */
  | { readonly name: 'order'; readonly uid: string }
  | { readonly name: 'missing' }

const address = signal(location.pathname + location.search)

export const route = computed((): Route => routeOf(new URL(address.value, location.origin)))

window.addEventListener('popstate', () => {
  address.value = location.pathname + location.search
})

export function navigate(to: string, how: 'push' | 'replace' = 'push'): void {
  if (to === address.value) return
  if (how === 'push') history.pushState(null, '', to)
  else history.replaceState(null, '', to)
  window.scrollTo(0, 0)
  address.value = to
}

export function orderPath(uid: string): string {
  return `/orders/${encodeURIComponent(uid)}`
}

export function searchPath(term: string): string {
  return `/?${new URLSearchParams({ q: term }).toString()}`
}

/** For links: moves within the page unless the reader wants a new tab or window. */
export function follow(event: MouseEvent): void {
  const link = event.currentTarget
  if (!(link instanceof HTMLAnchorElement) || event.defaultPrevented || event.button !== 0) return
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return
  event.preventDefault()
  navigate(link.pathname + link.search)
}

function routeOf({ pathname, searchParams }: URL): Route {
  if (pathname === '/') {
    const term = searchParams.get('q')
    return term === null || term === '' ? { name: 'flow' } : { name: 'search', term }
  }
  const encoded = /^\/orders\/([^/]+)$/.exec(pathname)?.[1]
  const uid = encoded === undefined ? undefined : decoded(encoded)
  return uid === undefined ? { name: 'missing' } : { name: 'order', uid }
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}
