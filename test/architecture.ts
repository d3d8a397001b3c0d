/** A file of the project, by its path from the root, with forward slashes. */
export interface SourceFile {
  readonly path: string
  readonly source: string
}

/**
 * Folders of `src` that one of them may import from: anything (`values`), or with `import type` alone
 * (`types`). `*` is any folder.
 */
interface Direction {
  readonly values: readonly string[]
  readonly types: readonly string[]
}

const COMPOSITION: Direction = { values: ['*'], types: [] }
const TECHNOLOGY: Direction = { values: ['order'], types: ['pipeline'] }
const APPLICATION: Direction = { values: ['order'], types: ['pipeline', 'kafka', 'postgres', 'config'] }

/** Audit and repair judge what the pipeline wrote by the pipeline's own pure rules, not by a copy of them. */
const CHECKER: Direction = { values: ['order', 'pipeline'], types: ['kafka', 'postgres', 'config'] }

/** The rules of docs/DESIGN.md. A folder that is not listed is refused: it has to be given a direction first. */
const DIRECTIONS: Readonly<Record<string, Direction>> = {
  main: COMPOSITION,
  wiring: COMPOSITION,
  cli: COMPOSITION,
  version: { values: [], types: [] },
  config: { values: [], types: [] },
  order: { values: [], types: [] },
  pipeline: { values: ['order'], types: [] },
  kafka: TECHNOLOGY,
  postgres: TECHNOLOGY,
  cache: TECHNOLOGY,
  http: TECHNOLOGY,
  telemetry: TECHNOLOGY,
  audit: CHECKER,
  repair: CHECKER,
  producer: APPLICATION,
}

/** Packages that one folder alone may import. */
const OWNERS: readonly (readonly [packages: RegExp, folder: string])[] = [
  [/^@platformatic\/kafka$/, 'kafka'],
  [/^(pg(-.*)?|node-pg-migrate)$/, 'postgres'],
  [/^(fastify|@fastify\/.*)$/, 'http'],
  [/^(pino|@prometheus-io\/client)$/, 'telemetry'],
  [/^lru-cache$/, 'cache'],
  [/^(commander|cli-progress)$/, 'cli'],
]
/** Pure folders reach nothing outside the process. */
const PURE = ['order', 'pipeline']
const OUTSIDE = /^node:(fs|net|http|https|tls|dns|dgram|child_process|worker_threads|cluster|os)(\/|$)/
/** Beside src: a checker that knew how a run was made would judge with its eyes. */
const APART: readonly (readonly [importer: RegExp, imported: RegExp, why: string])[] = [
  [/^chaos\/checker\//, /^chaos\/(?!checker\/)/, 'the checker judges a run from outside'],
  [/^(chaos|stack|bench)\//, /^test\//, 'only tests import tests'],
]
const NAMELESS = /(^|\/)(utils?|common|helpers?|types|services|index)(\.[a-z.]+|\/|$)/
const MAX_LINES = 250

/** Each break of a rule, as `path: what`; none when all is well. */
export function violations(files: readonly SourceFile[]): string[] {
  return files.flatMap((file) => {
    const code = withoutComments(file.source)
    const found = [...aboutFile(file), ...importsOf(code).flatMap((each) => aboutImport(file.path, each))]
    if (
      /\bprocess\s*(\??\.\s*env\b|\[\s*['"]env)/.test(code) &&
      ![undefined, 'config'].includes(folderOf(file.path))
    ) {
      found.push('only the configuration reads process.env')
    }
    return found.map((what) => `${file.path}: ${what}`)
  })
}

interface Import {
  readonly from: string
  readonly typeOnly: boolean
}

/** Static imports and re-exports, and dynamic imports of a literal. Expects code without comments. */
export function importsOf(code: string): Import[] {
  const statements = code.matchAll(
    /(?:^|[;}\n])\s*(?:import|export)\b\s*(type\b(?!\s*(?:,|from\b)))?[^'"`;=()]*?(?:from\s*)?(['"])([^'"\n]+)\2/g,
  )
  const calls = code.matchAll(/\b(?:import|require)\s*\(\s*(['"`])([^'"`\n]+)\1/g)
  return [
    ...Array.from(statements, ([, type, , from = '']) => ({ from, typeOnly: type !== undefined })),
    ...Array.from(calls, ([, , from = '']) => ({ from, typeOnly: false })),
  ]
}

function aboutFile({ path, source }: SourceFile): string[] {
  const folder = folderOf(path)
  const unknown = folder !== undefined && DIRECTIONS[folder] === undefined
  const lines = source.replace(/\n$/, '').split('\n').length
  return [
    ...(unknown ? [`${folder} has no direction yet`] : []),
    ...(NAMELESS.test(path) ? ['the name says nothing about what is in it'] : []),
    ...(lines > MAX_LINES ? [`${lines} lines, above ${MAX_LINES}`] : []),
  ]
}

function aboutImport(path: string, { from, typeOnly }: Import): string[] {
  const folder = folderOf(path)
  if (folder === undefined) return aboutImportBeside(path, from)
  const direction = DIRECTIONS[folder]
  if (direction === undefined) return []
  if (!from.startsWith('.')) return aboutPackage(folder, from)
  const target = resolve(path, from)
  if (target === 'package.json') return []
  if (!target.endsWith('.ts')) return [`${from} must end in .ts`]
  const other = folderOf(target)
  if (other === undefined) return [`imports ${target}, which does not ship`]
  const allowed = typeOnly ? [...direction.values, ...direction.types] : direction.values
  if (other === folder || allowed.includes(other) || allowed.includes('*')) return []
  return [`${folder} must not import ${typeOnly ? '' : 'values of '}${other} (${from})`]
}

function aboutImportBeside(path: string, from: string): string[] {
  if (!from.startsWith('.')) return []
  const target = resolve(path, from)
  return APART.filter(([importer, imported]) => importer.test(path) && imported.test(target)).map(
    ([, , why]) => `imports ${target}: ${why}`,
  )
}

function aboutPackage(folder: string, from: string): string[] {
  const name = from
    .split('/')
    .slice(0, from.startsWith('@') ? 2 : 1)
    .join('/')
  const owner = OWNERS.find(([packages]) => packages.test(name))?.[1]
  if (owner !== undefined && owner !== folder) return [`only ${owner} imports ${name}`]
  if (/^(node:)?process$/.test(from) && folder !== 'config')
    return ['only the configuration reads process.env']
  if (PURE.includes(folder) && OUTSIDE.test(from)) return [`${folder} is pure and must not import ${from}`]
  return []
}

/** The part of `src` that a file belongs to; undefined outside of `src`. */
function folderOf(path: string): string | undefined {
  return /^src\/([^/]+?)(\.ts$|\/)/.exec(path)?.[1]
}

function resolve(importer: string, from: string): string {
  return new URL(from, `file:///${importer}`).pathname.slice(1)
}

/**
 * Blanks out comments. Strings are kept, since what is imported is one; a quote in a regular expression is
 * taken for a string up to the end of its line, which hides no import.
 */
function withoutComments(source: string): string {
  return source.replace(
    /(\/\*[\s\S]*?\*\/|\/\/[^\n]*)|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\[\s\S]|[^`\\])*`/g,
    (text, comment?: string) => (comment === undefined ? text : ' '),
  )
}
