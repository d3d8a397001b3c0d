import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { isObject } from './files.ts'

/**
 * A process that cannot be confused with a later one of the same number: a pid alone is recycled, a pid with
 * its start time is not. `startedAt` is opaque; compare it for equality only.
 */
export interface ProcessIdentity {
  readonly pid: number
  readonly startedAt: string
}

/** Reads an identity out of a parsed file; undefined when it holds none. */
export function identityFrom(value: unknown): ProcessIdentity | undefined {
  if (!isObject(value) || typeof value['pid'] !== 'number' || typeof value['startedAt'] !== 'string')
    return undefined
  return { pid: value['pid'], startedAt: value['startedAt'] }
}

interface ProcessEntry extends ProcessIdentity {
  readonly parent: number
  readonly program: string
  readonly zombie: boolean
}

const linux = process.platform === 'linux'

function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  } catch {
    return ''
  }
}

// Start times count from the boot, so they need the boot's id beside them to survive one.
const boot = linux ? bootId() : ''

function fromProc(pid: number): ProcessEntry | undefined {
  let stat: string
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  } catch {
    return undefined
  }
  // The program's name stands in parentheses and may itself contain spaces and parentheses.
  const nameEnd = stat.lastIndexOf(')')
  const fields = stat.slice(nameEnd + 2).split(' ')
  return {
    pid,
    program: stat.slice(stat.indexOf('(') + 1, nameEnd),
    zombie: fields[0] === 'Z' || fields[0] === 'X',
    parent: Number(fields[1]),
    startedAt: `${boot}:${fields[19] ?? ''}`,
  }
}

function fromPs(selection: readonly string[]): ProcessEntry[] {
  let output: string
  try {
    output = execFileSync('ps', [...selection, '-o', 'pid=,ppid=,stat=,lstart=,comm='], {
      encoding: 'utf8',
      env: { ...process.env, LC_ALL: 'C' },
      stdio: ['ignore', 'pipe', 'ignore'],
    })
  } catch {
    return []
  }
  return output
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const [pid = '', parent = '', state = '', ...rest] = line.trim().split(/\s+/)
      const program = rest.slice(5).join(' ').split('/').at(-1) ?? ''
      const startedAt = rest.slice(0, 5).join(' ')
      return { pid: Number(pid), parent: Number(parent), zombie: state.startsWith('Z'), startedAt, program }
    })
}

function look(pid: number): ProcessEntry | undefined {
  return linux ? fromProc(pid) : fromPs(['-p', String(pid)])[0]
}

function everyProcess(): ProcessEntry[] {
  if (!linux) return fromPs(['-A'])
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => fromProc(Number(name)) ?? [])
}

/** The identity of the process that has this number now, a zombie included; undefined when there is none. */
export function identify(pid: number): ProcessIdentity | undefined {
  const entry = look(pid)
  return entry && { pid, startedAt: entry.startedAt }
}

/** True while the process runs or is stopped; false for a zombie, and for a later process of the same number. */
export function isAlive(identity: ProcessIdentity): boolean {
  const entry = look(identity.pid)
  return entry !== undefined && !entry.zombie && entry.startedAt === identity.startedAt
}

/** True until the parent has reaped it: PostgreSQL takes the zombie of its predecessor for a running server. */
export function isInTable(identity: ProcessIdentity): boolean {
  return look(identity.pid)?.startedAt === identity.startedAt
}

/**
 * The live processes of `program` whose working directory is exactly `folder`, plus the children of `main`.
 * The directory finds servers that no pid file names (Linux only; elsewhere just the children are found).
 */
export function processesOf(program: string, folder: string, main?: number): ProcessIdentity[] {
  return everyProcess()
    .filter((entry) => !entry.zombie && entry.program === program)
    .filter((entry) => entry.pid === main || entry.parent === main || worksIn(folder, entry.pid))
    .map(({ pid, startedAt }) => ({ pid, startedAt }))
}

function worksIn(folder: string, pid: number): boolean {
  if (!linux) return false
  try {
    const actual = readlinkSync(`/proc/${pid}/cwd`)
    // The second form: the folder was removed under the running server.
    return actual === folder || actual === `${folder} (deleted)`
  } catch {
    return false
  }
}
