import { setTimeout as sleep } from 'node:timers/promises'
import type { InstanceLife, InstanceStory } from '../checker/evidence.ts'
import { answersHttp, peakResidentBytes, readMetrics } from './observe.ts'
import { startServiceChild, type ServiceChild, type ServicePlan } from './service-child.ts'

/** One process of the service under a supervisor, which starts anew what ends by itself, after 1 s. */
export interface Instance extends AsyncDisposable {
  readonly name: string
  /** Its HTTP has answered in this life. */
  readonly running: boolean
  readonly url: string | undefined
  /** Wanted from now on. Does nothing when it runs. */
  start(): void
  /** SIGKILL. Not wanted until `start`. Resolves when it is gone. */
  kill(): Promise<void>
  /** SIGTERM, also if it is paused. Not wanted until `start`. Resolves with how it ended, and after how long. */
  drain(): Promise<{ readonly code: number | string; readonly ms: number }>
  /** SIGSTOP. */
  pause(): void
  /** SIGCONT. */
  resume(): void
  /**
   * All lives so far. One that found something unreachable before it was ready (exit code 3) is no life, only an
   * attempt, and left out: its log has it.
   */
  story(): InstanceStory
}

export interface InstancePlan extends ServicePlan {
  readonly name: string
  /** Of the run's clock. */
  readonly elapsedMs: () => number
}

interface Life {
  readonly child: ServiceChild
  readonly startedAtMs: number
  ready: boolean
  wish: 'kill' | 'drain' | undefined
  ended: InstanceLife['ended']
  drainMs: number | undefined
  peakResidentBytes: number
  metrics: InstanceLife['metrics']
}

const RESTART_AFTER_MS = 1_000
const LOOK_EVERY_MS = 1_000
const READY_EVERY_MS = 50
/** A drain is not kept waiting for the last look by a process that does not answer. */
const LAST_LOOK_MS = 500
/** What a command ends with when it could not reach or start something. */
const UNREACHABLE = 3

/** Not started yet. Disposing kills it. */
export function createInstance(plan: InstancePlan): Instance {
  const lives: Life[] = []
  let wanted = false
  let restart: NodeJS.Timeout | undefined
  let present: Life | undefined

  const begin = (): void => {
    const life: Life = {
      child: startServiceChild(plan),
      startedAtMs: plan.elapsedMs(),
      ready: false,
      wish: undefined,
      ended: undefined,
      drainMs: undefined,
      peakResidentBytes: 0,
      metrics: {},
    }
    present = life
    lives.push(life)
    void watch(life)
    void life.child.exited.then((code) => onEnd(life, code))
  }

  const onEnd = (life: Life, code: number | string): void => {
    life.ended = { atMs: plan.elapsedMs(), how: howOf(life, code), by: life.wish ?? 'self' }
    present = undefined
    const neverLived = !life.ready && life.wish === undefined && code === UNREACHABLE
    if (neverLived) lives.splice(lives.indexOf(life), 1)
    if (wanted) restart = setTimeout(begin, RESTART_AFTER_MS)
  }

  /** SIGTERM or SIGKILL to what runs now; undefined when nothing does. */
  const end = (wish: 'kill' | 'drain'): ServiceChild | undefined => {
    wanted = false
    clearTimeout(restart)
    if (present === undefined) return undefined
    present.wish = wish
    present.child.signal(wish === 'kill' ? 'SIGKILL' : 'SIGTERM')
    if (wish === 'drain') present.child.signal('SIGCONT') // a paused process would not see the other
    return present.child
  }

  const kill = async (): Promise<void> => void (await end('kill')?.exited)

  return {
    name: plan.name,
    get running() {
      return present?.ready === true
    },
    get url() {
      return present?.child.url
    },
    start: () => {
      if (wanted) return
      wanted = true
      if (present === undefined) begin()
    },
    kill,
    drain: async () => {
      const life = present
      if (life?.ready === true) await look(life, LAST_LOOK_MS)
      const beganMs = performance.now()
      const code = (await end('drain')?.exited) ?? 'did not run'
      const ms = performance.now() - beganMs
      if (life?.ready === true) life.drainMs = ms
      return { code, ms }
    },
    pause: () => present?.child.signal('SIGSTOP'),
    resume: () => present?.child.signal('SIGCONT'),
    story: () => ({ name: plan.name, lives: lives.map(lifeOf) }),
    [Symbol.asyncDispose]: kill,
  }
}

/** Looks at it until it ends. */
async function watch(life: Life): Promise<void> {
  while (life.ended === undefined) {
    const { url } = life.child
    if (!life.ready && url !== undefined) life.ready = await answersHttp(url)
    await look(life, LOOK_EVERY_MS)
    await Promise.race([life.child.exited, sleep(life.ready ? LOOK_EVERY_MS : READY_EVERY_MS)])
  }
}

async function look(life: Life, withinMs: number): Promise<void> {
  const { pid, url } = life.child
  life.peakResidentBytes = Math.max(life.peakResidentBytes, peakResidentBytes(pid))
  if (life.ready && url !== undefined) life.metrics = (await readMetrics(url, withinMs)) ?? life.metrics
}

function howOf({ child, wish }: Life, code: number | string): string {
  const how = typeof code === 'number' ? `exit code ${code}` : code
  return wish === undefined ? `${how}; its last words:\n${child.lastLines()}` : how
}

function lifeOf({ startedAtMs, ended, drainMs, peakResidentBytes: peak, metrics }: Life): InstanceLife {
  return {
    startedAtMs,
    ...(ended && { ended }),
    ...(drainMs !== undefined && { drainMs }),
    peakResidentBytes: peak,
    metrics,
  }
}
