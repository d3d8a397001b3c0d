import { existsSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'

/**
 * Stands in for the service where only its life matters. It can't start while there is no file `database` in its
 * folder, and dies when it is told to by HTTP.
 */
function log(event: string, fields: object = {}): void {
  process.stderr.write(`${JSON.stringify({ level: 'info', event, ...fields })}\n`)
}

if (!existsSync('database')) {
  writeFileSync('tried', '')
  log('no database')
  process.exit(3)
}
const server = createServer((request, response) => {
  if (request.url === '/metrics') response.end('# HELP asked\nasked_total{of="it"} 4\nup 1\n')
  else response.end('well')
  if (request.url === '/die') {
    log('dying')
    process.exit(7)
  }
})
process.on('SIGTERM', () => process.exit(0))
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  log('started', { url: `http://127.0.0.1:${port}` })
})
