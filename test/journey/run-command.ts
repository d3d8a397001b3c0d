import { execFile } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const ROOT = join(import.meta.dirname, '../..')

export interface Outcome {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

interface RunOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly input?: string
  /** By default a folder where neither a .env nor a stack is found. */
  readonly cwd?: string
}

/** Runs a program to its end, with nothing but `env` and the PATH in its environment. */
export function run(
  program: string,
  args: readonly string[],
  { env = {}, input = '', cwd = tmpdir() }: RunOptions = {},
): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = execFile(
      program,
      [...args],
      {
        cwd,
        env: { PATH: process.env['PATH'] ?? '', ...env },
        timeout: 300_000,
        maxBuffer: 64 * 1024 * 1024,
      },
      (error, stdout, stderr) => {
        if (error !== null && typeof error.code !== 'number') reject(error)
        else resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr })
      },
    )
    child.stdin?.end(input)
  })
}

/** Runs `src/cli/<name>.ts`. */
export function runCommand(
  name: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  input = '',
): Promise<Outcome> {
  return run(process.execPath, [join(ROOT, 'src/cli', `${name}.ts`), ...args], { env, input })
}
