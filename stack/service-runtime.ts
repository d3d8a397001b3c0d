import { join } from 'node:path'

/**
 * How the service is run, wherever it is run: the scripts of package.json and the image say the same, and a
 * test compares them. What each of these yields was measured: docs/decisions/0008.
 */

/** A small nursery: most of what a batch holds outlives it, whatever its size. */
export const NODE_FLAGS = ['--max-semi-space-size=4']

/** One heap of the C library, instead of one for each thread that keeps what it once had. */
const ONE_HEAP = { MALLOC_ARENA_MAX: '1' }

/** Where Node keeps what it made of the sources, relative to the project: a start has less to compile. */
export const COMPILE_CACHE = 'node_modules/.cache/node'

export const RUNTIME_ENVIRONMENT: Readonly<Record<string, string>> = {
  ...ONE_HEAP,
  NODE_COMPILE_CACHE: join(import.meta.dirname, '..', COMPILE_CACHE),
}
