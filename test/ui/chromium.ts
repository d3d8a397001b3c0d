import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import sparticuz from '@sparticuz/chromium'

/** Goes away with the package that it comes from. */
const CACHE = join(import.meta.dirname, '../../node_modules/.cache')
const FOLDER = join(CACHE, 'chromium')

/**
 * Where the browser is, unpacked when it is not yet. The package unpacks into the folder for temporary files,
 * and takes whatever is there for complete; test files run side by side, so each unpacks for itself and puts
 * the whole in place at once.
 */
export async function chromiumPath(): Promise<string> {
  if (!existsSync(FOLDER)) {
    mkdirSync(CACHE, { recursive: true })
    const own = mkdtempSync(`${FOLDER}-`)
    await unpackInto(own)
    try {
      renameSync(own, FOLDER)
    } catch (error) {
      rmSync(own, { recursive: true })
      if (!existsSync(FOLDER)) throw error
    }
  }
  return join(FOLDER, 'chromium')
}

async function unpackInto(folder: string): Promise<void> {
  const before = process.env['TMPDIR']
  process.env['TMPDIR'] = folder
  try {
    await sparticuz.executablePath()
  } finally {
    if (before === undefined) delete process.env['TMPDIR']
    else process.env['TMPDIR'] = before
  }
}
