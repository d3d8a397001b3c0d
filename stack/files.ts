import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { errorCode } from './stack-error.ts'

export type JsonObject = Readonly<Record<string, unknown>>

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Readers see the old content or the new one, whole, also after a power cut. Readable by the owner only. */
export function writeFileAtomically(path: string, content: string): void {
  const temporary = `${path}.${randomBytes(4).toString('hex')}`
  writeFileSync(temporary, `${content}\n`, { mode: 0o600, flush: true })
  renameSync(temporary, path)
}

/** The JSON object in the file; undefined when there is no file. Throws when the file holds anything else. */
export function readJsonObject(path: string): JsonObject | undefined {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined
    throw error
  }
  const value: unknown = JSON.parse(text)
  if (!isObject(value)) throw new TypeError('not a JSON object')
  return value
}

/**
 * A new name beside `path`, under which its content is prepared before it gets its real name, so that `path` is
 * whole or missing. Never the same twice: a program that a killed run has left working must not meddle. What
 * such runs left is removed.
 */
export function preparationPath(path: string): string {
  const prefix = `${basename(path)}.new-`
  for (const name of readdirSync(dirname(path)).filter((entry) => entry.startsWith(prefix))) {
    try {
      rmSync(join(dirname(path), name), { recursive: true, force: true })
    } catch {
      // Still being written to; it will be found the next time.
    }
  }
  return join(dirname(path), `${prefix}${randomBytes(4).toString('hex')}`)
}
