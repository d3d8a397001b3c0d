import { effect, useSignal } from '@preact/signals'
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks'
import { signedOut } from './api/client.ts'
import { togglePause } from './flow/feed.ts'
import { FlowPage } from './flow/flow-page.tsx'
import { Header } from './frame/header.tsx'
import { Help } from './frame/help.tsx'
import { listenForKeys, moveAmongRows } from './frame/keys.ts'
import { follow, navigate, route, type Route } from './frame/router.ts'
import { SignIn } from './frame/sign-in.tsx'
import { OrderPage } from './order/order-page.tsx'
import { SEARCH_BOX } from './search/search-box.tsx'
import { SearchPage } from './search/search-page.tsx'
import { words } from './words/words.ts'

const CONTENT = 'content'

export function App() {
  const help = useSignal(false)
  useEffect(
    () =>
      listenForKeys(
        {
          '/': () => focusSearch(),
          p: () => {
            if (route.value.name === 'flow') togglePause()
          },
          f: () => navigate('/'),
          j: () => moveAmongRows(1),
          k: () => moveAmongRows(-1),
          '?': () => {
            help.value = true
          },
        },
        focusSearch,
      ),
    [help],
  )
  useFocusOnArrival()
  return (
    <>
      <a class="skip" href={`#${CONTENT}`}>
        {words.value.frame.skip}
      </a>
      <Header
        onHelp={() => {
          help.value = true
        }}
      />
      <main id={CONTENT} tabIndex={-1}>
        {signedOut.value ? <SignIn /> : <View at={route.value} />}
      </main>
      {help.value && (
        <Help
          onClose={() => {
            help.value = false
          }}
        />
      )}
    </>
  )
}

function View({ at }: { readonly at: Route }) {
  switch (at.name) {
    case 'flow':
      return <FlowPage />
    case 'search':
      return <SearchPage key={at.term} term={at.term} />
    case 'order':
      return <OrderPage key={at.uid} uid={at.uid} />
    case 'missing':
      return <Missing />
  }
}

function Missing() {
  const { frame } = words.value
  return (
    <section class="notice">
      <h1>{frame.missing}</h1>
      <p class="soft">{frame.missingNext}</p>
      <p>
        <a class="button" href="/" onClick={follow}>
          {frame.toFlow}
        </a>
      </p>
    </section>
  )
}

/**
 * Names the page in its title; after a move within it, the content is where the keyboard goes on. At once: with
 * the next frame it could take the focus from where somebody put it meanwhile.
 */
function useFocusOnArrival(): void {
  const arrived = useRef<Route>(undefined)
  useLayoutEffect(
    () =>
      effect(() => {
        const at = route.value
        document.title = titleOf(at)
        if (arrived.current !== undefined && arrived.current !== at) {
          document.getElementById(CONTENT)?.focus({ preventScroll: true })
        }
        arrived.current = at
      }),
    [],
  )
}

function titleOf(at: Route): string {
  const { flow, search, order, frame } = words.value
  switch (at.name) {
    case 'flow':
      return `Sluice · ${flow.title}`
    case 'search':
      return `${search.title(at.term)} · Sluice`
    case 'order':
      return `${order.title(at.uid)} · Sluice`
    case 'missing':
      return `${frame.missing} · Sluice`
  }
}

function focusSearch(): void {
  const box = document.getElementById(SEARCH_BOX)
  if (box instanceof HTMLInputElement) box.select()
}
