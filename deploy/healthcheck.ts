import { loadConfig } from '../src/config/config.ts'

/**
 * The health check of the image: exits with 0 when the service in this container answers, and with 1, the
 * only other code that Docker knows, when it does not. It is a program of its own because an image needs
 * no shell and no curl for it, and asks the address that the service itself was configured with.
 */
const WITHIN_MS = 2_000

function livenessUrl({ host, port }: { readonly host?: string | undefined; readonly port: number }): string {
  const name = host === undefined || host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host
  return `http://${name.includes(':') ? `[${name}]` : name}:${port}/livez`
}

try {
  const url = livenessUrl(loadConfig({ need: [] }).http)
  const { ok, status } = await fetch(url, { signal: AbortSignal.timeout(WITHIN_MS) })
  if (!ok) throw new Error(`${url} answers ${status}`)
} catch (error) {
  // fetch says only that it failed; why is in the cause.
  const why = error instanceof Error && error.cause instanceof Error ? error.cause : error
  process.stderr.write(`${why instanceof Error ? why.message : String(why)}\n`)
  process.exitCode = 1
}
