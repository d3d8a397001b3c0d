import { createServer } from 'node:http'

/** A bare server that answers everything with the same headers and bytes; both come as JSON from the parent. */
interface Answer {
  readonly headers: Readonly<Record<string, string>>
  /** In base64. */
  readonly body: string
}

process.once('message', ({ headers, body }: Answer) => {
  const bytes = Buffer.from(body, 'base64')
  const server = createServer((_, response) => {
    response.writeHead(200, headers)
    response.end(bytes)
  })
  server.listen(0, '127.0.0.1', () => {
    const address = server.address()
    if (typeof address === 'object') process.send?.(address?.port)
  })
})
process.once('disconnect', () => process.exit())
