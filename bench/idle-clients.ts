import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

export interface IdleQuestion {
  readonly kind: 'event streams' | 'slowloris'
  readonly port: number
  readonly count: number
}

/** Connections that take what they are given and ask for nothing more; disposing ends them. */
export interface IdleClients extends AsyncDisposable {
  /** Bytes that all of them were sent. */
  readonly received: () => Promise<number>
}

/** Resolves when all of them are connected; they live in a process of their own. */
export async function openIdleClients(question: IdleQuestion): Promise<IdleClients> {
  const child = fork(join(import.meta.dirname, 'idle-process.ts'))
  const answer = async (message: IdleQuestion | 'received'): Promise<unknown> => {
    const answered = once(child, 'message')
    child.send(message)
    const [first]: unknown[] = await answered
    return first
  }
  await answer(question)
  return {
    received: async () => Number(await answer('received')),
    [Symbol.asyncDispose]: async () => {
      const exited = once(child, 'exit')
      child.disconnect()
      await exited
    },
  }
}
