import { spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { accessSync, constants, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'
import { createInterface } from 'node:readline'
import { stripVTControlCharacters } from 'node:util'
import { StackError } from './stack-error.ts'

const KAFKA_VERSION = '4.3.1'
const POM = join(import.meta.dirname, 'kafka-pom.xml')

/** What is needed to run Kafka's Java programs: `java -cp <classPath> <class>`. */
export interface KafkaRuntime {
  readonly java: string
  readonly classPath: string
}

/**
 * Finds Java and Kafka's jars: those of `KAFKA_HOME` if it is set, else of the user's cache, which Maven fills
 * the first time (about 45 MB). Safe to call concurrently, from several processes too, and to be killed in.
 */
export async function findKafkaRuntime(
  report: (line: string) => void,
  signal?: AbortSignal,
): Promise<KafkaRuntime> {
  const java = findJava()
  const home = process.env['KAFKA_HOME']
  if (home) {
    const libs = join(home, 'libs')
    if (!existsSync(libs))
      throw new StackError(`KAFKA_HOME=${home} holds no Kafka: there is no folder ${libs}`)
    return { java, classPath: join(libs, '*') }
  }
  return { java, classPath: join(await cachedLibraries(report, signal), '*') }
}

function findJava(): string {
  const home = process.env['JAVA_HOME']
  const java = (home && executable(join(home, 'bin', 'java'))) || onPath('java')
  if (java) return java
  throw new StackError(
    'Kafka needs Java 17 or newer, and there is no java on the PATH nor in JAVA_HOME. Install one\n' +
      '(Debian, Ubuntu: apt install default-jre-headless; macOS: brew install openjdk) or set JAVA_HOME.',
  )
}

function onPath(program: string): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '')
  return folders.map((folder) => executable(join(folder, program))).find((path) => path !== undefined)
}

function executable(path: string): string | undefined {
  try {
    accessSync(path, constants.X_OK)
    return path
  } catch {
    return undefined
  }
}

async function cachedLibraries(report: (line: string) => void, signal?: AbortSignal): Promise<string> {
  // The pom is part of the name, so that a changed list of jars never meets an older cache.
  const fingerprint = createHash('sha256').update(readFileSync(POM)).digest('hex').slice(0, 8)
  const cache = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'sluice')
  const folder = join(cache, `kafka-${KAFKA_VERSION}-${fingerprint}`)
  if (existsSync(folder)) return join(folder, 'libs')
  const temporary = `${folder}.${randomBytes(4).toString('hex')}`
  mkdirSync(temporary, { recursive: true })
  try {
    await copyDependencies(join(temporary, 'libs'), report, signal)
    renameSync(temporary, folder)
  } catch (error) {
    rmSync(temporary, { recursive: true, force: true })
    // Another process has fetched the same jars meanwhile.
    if (!existsSync(folder)) throw error
  }
  return join(folder, 'libs')
}

async function copyDependencies(
  folder: string,
  report: (line: string) => void,
  signal?: AbortSignal,
): Promise<void> {
  const maven = onPath('mvn')
  if (!maven) {
    throw new StackError(
      `Kafka ${KAFKA_VERSION} is fetched with Maven, and there is no mvn on the PATH. Install it (Debian, Ubuntu:\n` +
        'apt install maven; macOS: brew install maven), or unpack a Kafka from https://kafka.apache.org/downloads\n' +
        'and set KAFKA_HOME to its folder.',
    )
  }
  report(`fetching Kafka ${KAFKA_VERSION} (about 45 MB, once) …`)
  const args = ['-B', '-f', POM, 'dependency:copy-dependencies', `-DoutputDirectory=${folder}`]
  const child = spawn(maven, args, { stdio: ['ignore', 'pipe', 'pipe'], ...(signal && { signal }) })
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('close', resolve)
    child.once('error', reject)
  })
  // Looked at below, after the output; until then a rejection is not "unhandled".
  ended.catch(() => {})
  const problems: string[] = []
  child.stderr.setEncoding('utf8').on('data', (text: string) => problems.push(text))
  let files = 0
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.includes('[ERROR]')) problems.push(line)
    if (/Downloaded .*\.jar/.test(line) && ++files % 10 === 0) report(`fetching Kafka: ${files} files`)
  }
  const code = await ended
  if (code === 0) return
  // The first lines name the cause; general advice about Maven's switches follows.
  const cause = problems.map((line) => stripVTControlCharacters(line).trim()).filter((line) => line !== '')
  throw new StackError(
    `Maven could not fetch Kafka (exit code ${code}):\n${cause.slice(0, 4).join('\n').slice(0, 2_000)}`,
  )
}
