import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { NODE_FLAGS } from '../stack/service-runtime.ts'

/** A bare server, as a process of its own, that answers everything with this; disposing ends it. */
export async function startBareServer(
  headers: Readonly<Record<string, string>>,
  body: Buffer,
): Promise<{ readonly port: number } & AsyncDisposable> {
  const child = fork(join(import.meta.dirname, 'bare-server.ts'), { execArgv: NODE_FLAGS })
  child.send({ headers, body: body.toString('base64') })
  const [message]: unknown[] = await once(child, 'message')
  const port = Number(message)
  return {
    port,
    [Symbol.asyncDispose]: async () => {
      child.disconnect()
      await once(child, 'exit')
    },
  }
}
