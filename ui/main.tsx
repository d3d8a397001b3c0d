import { render } from 'preact'
import { App } from './app.tsx'
import { startFeed } from './flow/feed.ts'
import { applyPreferences } from './frame/preferences.ts'

applyPreferences(document.documentElement)
startFeed()
const place = document.getElementById('page')
if (place !== null) render(<App />, place)
