import { computed } from '@preact/signals'
import { visibleText } from '../format/visible.ts'
import { language } from '../frame/preferences.ts'
import { en, type Words } from './en.ts'
import { ru } from './ru.ts'

const LANGUAGES: Readonly<Record<'en' | 'ru', Words>> = { en, ru }

/** All texts, in the language of the moment. Components that read `.value` follow it. */
export const words = computed(() => LANGUAGES[language.value])

/** The text for a name that the service sent, or the name itself when it is newer than this page. */
export function wordFor(texts: Readonly<Record<string, string>>, name: string): string {
  const text = Object.hasOwn(texts, name) ? texts[name] : undefined
  return text ?? visibleText(name)
}
