import { effect } from '@preact/signals'
import { kept } from './kept.ts'

/** Each of them is kept by the browser; without a choice the system decides. */
export const theme = kept('theme', ['system', 'light', 'dark'] as const, 'system')
export const language = kept('language', ['en', 'ru'] as const, languageOfBrowser())
export const times = kept('times', ['relative', 'utc', 'local'] as const, 'relative')

/** Writes theme and language where CSS and screen readers find them. */
export function applyPreferences(root: HTMLElement): void {
  effect(() => {
    if (theme.value === 'system') delete root.dataset['theme']
    else root.dataset['theme'] = theme.value
  })
  effect(() => {
    root.lang = language.value
  })
}

function languageOfBrowser(): 'en' | 'ru' {
  return navigator.language.toLowerCase().startsWith('ru') ? 'ru' : 'en'
}
