import { signedIn, signedOut, signOut } from '../api/client.ts'
import { SearchBox } from '../search/search-box.tsx'
import { words } from '../words/words.ts'
import { Icon } from './icons.tsx'
import { language, theme, times } from './preferences.ts'
import { follow } from './router.ts'

const NEXT_THEME = { system: 'light', light: 'dark', dark: 'system' } as const
const NEXT_TIMES = { relative: 'utc', utc: 'local', local: 'relative' } as const

export function Header({ onHelp }: { readonly onHelp: () => void }) {
  const { frame } = words.value
  return (
    <header class="header">
      <a class="brand" href="/" onClick={follow} aria-label={frame.home}>
        <Mark />
        <span class="brand-name">Sluice</span>
      </a>
      <SearchBox />
      <div class="settings">
        <button
          type="button"
          class="button button-plain setting"
          title={language.value === 'en' ? 'По-русски' : 'In English'}
          onClick={() => {
            language.value = language.value === 'en' ? 'ru' : 'en'
          }}
        >
          <span class="hidden">{frame.languageLabel}: </span>
          {language.value.toUpperCase()}
        </button>
        <Setting
          icon="clock"
          label={`${frame.times.label}: ${frame.times[times.value]}`}
          onClick={() => {
            times.value = NEXT_TIMES[times.value]
          }}
        />
        <Setting
          icon={theme.value}
          label={`${frame.theme.label}: ${frame.theme[theme.value]}`}
          onClick={() => {
            theme.value = NEXT_THEME[theme.value]
          }}
        />
        {signedIn.value === 'yes' && !signedOut.value && (
          <Setting icon="out" label={words.value.signIn.out} onClick={() => void signOut()} />
        )}
        <Setting icon="keyboard" label={frame.help} onClick={onHelp} />
      </div>
    </header>
  )
}

interface SettingProps {
  readonly icon: 'clock' | 'system' | 'light' | 'dark' | 'out' | 'keyboard'
  readonly label: string
  readonly onClick: () => void
}

function Setting({ icon, label, onClick }: SettingProps) {
  return (
    <button
      type="button"
      class="button button-plain setting"
      aria-label={label}
      title={label}
      onClick={onClick}
    >
      <Icon name={icon} />
    </button>
  )
}

/** A gate over water. */
function Mark() {
  return (
    <svg class="mark" viewBox="0 0 32 32" aria-hidden="true">
      <path d="M16 3v10M8 3h16M3 20q3.25-4 6.5 0t6.5 0 6.5 0 6.5 0M3 27q3.25-4 6.5 0t6.5 0 6.500 0 6.500 0" />
    </svg>
  )
}
