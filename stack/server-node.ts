import { isAlive } from './process-table.ts'
import {
  adoptServer,
  killServer,
  runningServer,
  signalServer,
  stopServer,
  waitUntilReady,
} from './processes.ts'
import type { ServerPlace, StartedServer } from './processes.ts'

// Recovery after a hard kill reads the logs again, which takes long on a slow disk.
const READY_DEADLINE_MS = 120_000

/** One server of the stack. It may be driven from any process that knows the stack's folder. */
export interface ServerNode {
  readonly name: string
  /** Changes only when the stack is started and finds it taken. */
  readonly port: number
  /** The main process; undefined while it does not run. */
  readonly pid: number | undefined
  readonly logFile: string
  /** Resolves when the server answers real requests, also when it ran already. Aborting leaves it as it is. */
  start(signal?: AbortSignal): Promise<void>
  /** Graceful, by force after some seconds. Resolves when every process is gone; does nothing when none runs. */
  stop(): Promise<void>
  /** SIGKILL to every process of the server. Resolves when all are gone; does nothing when none runs. */
  kill(): Promise<void>
  /** SIGSTOP to every process of the server. Throws when it does not run. */
  pause(): void
  /** SIGCONT to every process of the server. Throws when it does not run. */
  resume(): void
}

export interface ServerBehaviour {
  readonly place: ServerPlace
  readonly port: () => number
  /** Prepares the data where needed and spawns. Called only when no process of the server runs. */
  readonly launch: (signal?: AbortSignal) => Promise<StartedServer>
  /** A real request: true when it was answered, false to be asked again, thrown when asking again is useless. */
  readonly probe: () => Promise<boolean>
  readonly stopSignal: NodeJS.Signals
  readonly stopDeadlineMs: number
}

export function serverNode(behaviour: ServerBehaviour): ServerNode {
  const { place, port, launch, probe, stopSignal, stopDeadlineMs } = behaviour
  return {
    name: place.name,
    logFile: place.logFile,
    get port() {
      return port()
    },
    get pid() {
      return runningServer(place)?.pid
    },
    async start(signal) {
      const waiting = { deadlineMs: READY_DEADLINE_MS, signal }
      const found = adoptServer(place)
      if (found) {
        try {
          return await waitUntilReady(place, found, probe, waiting)
        } catch (error) {
          // It was about to end when it was found: killed, but not gone yet.
          if (signal?.aborted === true || isAlive(found.identity)) throw error
        }
      }
      await killServer(place) // processes that no pid file names would hold the data
      await waitUntilReady(place, await launch(signal), probe, waiting)
    },
    stop: async () => await stopServer(place, stopSignal, stopDeadlineMs),
    kill: async () => await killServer(place),
    pause: () => signalServer(place, 'SIGSTOP'),
    resume: () => signalServer(place, 'SIGCONT'),
  }
}
