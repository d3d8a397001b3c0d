import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Programs that npm can't bring, and the packages of Debian that have them. */
const PACKAGE_OF = {
  'docker-compose': 'docker-compose',
  promtool: 'prometheus',
  prometheus: 'prometheus',
} as const

/**
 * For a test's `skip`: false when all of `tools` can be run, else why not and what to install. A test that is
 * left out says so in the report of the run.
 */
export function without(...tools: readonly (keyof typeof PACKAGE_OF)[]): string | false {
  const missing = tools.filter((tool) => !isInstalled(tool))
  if (missing.length === 0) return false
  const packages = [...new Set(missing.map((tool) => PACKAGE_OF[tool]))]
  return `LEFT OUT, there is no ${missing.join(' and no ')} here: apt-get install --no-install-recommends ${packages.join(' ')}`
}

function isInstalled(tool: string): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, tool), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}
