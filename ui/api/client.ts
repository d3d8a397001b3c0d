import { signal } from '@preact/signals'
import { kept } from '../frame/kept.ts'

/** What came of a question. Not knowing an order and not being able to look are never the same. */
export type Answer<T> =
  | { readonly kind: 'found'; readonly value: T }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'invalid'; readonly detail: string }
  | { readonly kind: 'signed_out' }
  | { readonly kind: 'busy'; readonly retryAfterS: number }
  | { readonly kind: 'unavailable'; readonly retryAfterS: number }
  | { readonly kind: 'refused'; readonly detail: string }
  | { readonly kind: 'unreachable' }

/** True once an answer was 401: the page asks for a token until one is taken. */
export const signedOut = signal(false)

/** Whether it was this browser that signed in; without tokens there is nothing to sign out of. */
export const signedIn = kept('signed-in', ['no', 'yes'] as const, 'no')

const TIMEOUT_MS = 15_000

export function readJson<T>(path: string): Promise<Answer<T>> {
  return ask(path, (text) => parsed<T>(text))
}

/** Text and value, because the text is what is stored, byte for byte. */
export function readWithText<T>(path: string): Promise<Answer<{ readonly text: string; readonly value: T }>> {
  return ask(path, (text) => ({ text, value: parsed<T>(text) }))
}

/** The service answers as its contract says; docs/openapi.json is tested there. */
export function parsed<T>(text: string): T {
  const value: T = JSON.parse(text)
  return value
}

async function ask<T>(path: string, read: (text: string) => T): Promise<Answer<T>> {
  try {
    const response = await fetch(path, {
      headers: { accept: 'application/json' },
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
    if (response.ok) return { kind: 'found', value: read(await response.text()) }
    return await failureOf(response)
  } catch {
    return { kind: 'unreachable' }
  }
}

async function failureOf(response: Response): Promise<Exclude<Answer<never>, { kind: 'found' }>> {
  const retryAfterS = Math.max(1, Number(response.headers.get('retry-after')) || 5)
  switch (response.status) {
    case 400:
      return { kind: 'invalid', detail: await detailOf(response) }
    case 401:
    case 403:
      signedOut.value = true
      return { kind: 'signed_out' }
    case 404:
      return { kind: 'unknown' }
    case 429:
      return { kind: 'busy', retryAfterS }
    case 503:
      return { kind: 'unavailable', retryAfterS }
    default:
      return { kind: 'refused', detail: await detailOf(response) }
  }
}

/** Of a problem as in RFC 9457. */
async function detailOf(response: Response): Promise<string> {
  const problem: unknown = await response.json().catch(() => undefined)
  if (typeof problem !== 'object' || problem === null) return String(response.status)
  const { detail, title } = problem as { detail?: unknown; title?: unknown }
  return [detail, title].find((text) => typeof text === 'string') ?? String(response.status)
}

/** Takes a token for a cookie. False when it was the wrong one. */
export async function signIn(token: string): Promise<boolean> {
  const response = await fetch('/api/v1/session', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token }),
  }).catch(() => undefined)
  if (response?.ok !== true) return false
  signedOut.value = false
  signedIn.value = 'yes'
  return true
}

export async function signOut(): Promise<void> {
  await fetch('/api/v1/session', { method: 'DELETE' }).catch(() => undefined)
  signedIn.value = 'no'
  signedOut.value = true
}
