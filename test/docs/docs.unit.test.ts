import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, it } from 'node:test'
import { SETTING_NAMES, settingOf } from '../../src/config/settings.ts'
import { HOLD_REASONS } from '../../src/pipeline/failure.ts'
import { OUTCOMES } from '../../src/telemetry/labels.ts'
import type { Logger } from '../../src/telemetry/logger.ts'
import { createMetrics } from '../../src/telemetry/metrics.ts'
import { partitionEvents } from '../../src/wiring/partition-events.ts'
import { RUNTIME_ENVIRONMENT } from '../../stack/service-runtime.ts'
import {
  allPages,
  anchorOf,
  codeSpans,
  commandLines,
  headings,
  links,
  matches,
  readPage,
  ROOT,
  section,
  sourceOf,
} from './markdown.ts'

const PAGES = allPages()
const README = readPage('README.md')
const DESIGN = readPage('docs/DESIGN.md')
const OPERATIONS = readPage('docs/OPERATIONS.md')
const CONFIGURATION = readPage('docs/CONFIGURATION.md')
const ALL_TEXT = PAGES.map(({ text }) => text).join('\n')

const { scripts } = JSON.parse(readPage('package.json').text) as { scripts: Record<string, string> }

/** Unions of texts, as they stand in a source. */
function membersOf(file: string, type: string): string[] {
  const body = new RegExp(`export type ${type} =([^\\n]*(?:\\n {2}\\|[^\\n]*)*)`).exec(
    readPage(file).text,
  )?.[1]
  const members = matches(body ?? '', /'([^']+)'/g)
  assert.ok(members.length > 0, `${type} in ${file}`)
  return members
}

describe('the documentation', () => {
  it('names no npm script that does not exist', () => {
    const named = matches(ALL_TEXT, /\bnpm (?:run )?(start|test|(?<=run )[\w:-]+)/g)
    assert.deepEqual(
      named.filter((name) => scripts[name] === undefined),
      [],
    )
  })

  it('gives no command an option that it does not have', () => {
    const unknown = [...ALL_TEXT.matchAll(/\bnpm run ([\w:-]+) -- ([^\n`|]*)/g)].flatMap(
      ([, name = '', rest = '']) => {
        const entry = /(?:src|stack|bench|chaos)\/\S+\.ts/.exec(scripts[name] ?? '')?.[0]
        const source = entry === undefined ? '' : sourceOf(dirname(entry))
        return matches(rest, /(--[a-z][\w-]*)/g).filter((option) => !source.includes(`'${option}`))
      },
    )
    assert.deepEqual(unknown, [])
  })

  it('links to nothing that is not there', () => {
    const broken = PAGES.flatMap((page) =>
      links(page.text)
        .filter((link) => !/^https?:/.test(link) && !isThere(page.path, link))
        .map((link) => `${page.path}: ${link}`),
    )
    assert.deepEqual(broken, [])
  })

  it('names no file or folder that is not there', () => {
    const paths = codeSpans(ALL_TEXT).filter((span) =>
      /^(src|stack|test|migrations|bench|chaos|deploy|docs)\/[\w./-]*$/.test(span),
    )
    assert.ok(paths.length > 50)
    assert.deepEqual(
      paths.filter((path) => !existsSync(join(ROOT, path))),
      [],
    )
  })

  it('names no setting that is not read', () => {
    const elsewhere = sourceOf('stack') + readPage('compose.yaml').text
    const named = matches(ALL_TEXT, /[`\s(]([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)(?=[`=\s),])/g)
    const secrets = SETTING_NAMES.filter((name) => settingOf(name).secret).map((name) => `${name}_FILE`)
    const known = new Set<string>([...SETTING_NAMES, ...secrets, ...Object.keys(RUNTIME_ENVIRONMENT)])
    assert.ok(named.length > 50)
    const isReadThere = (name: string) => new RegExp(`(env\\['|\\$\\{)${name}\\b`).test(elsewhere)
    assert.deepEqual(
      named.filter((name) => !known.has(name) && !isReadThere(name)),
      [],
    )
  })

  it('names no metric that does not exist, and explains each that does', async () => {
    const text = await createMetrics({ version: 'test' }).text()
    const metrics = matches(text, /^# HELP (\S+)/gm)
    // Topics, a column, and what the audit can find begin like metrics.
    const others = [
      ...SETTING_NAMES.map((name) => settingOf(name).default),
      'order_uid',
      ...membersOf('src/audit/findings.ts', 'FindingKind'),
    ]
    const named = codeSpans(ALL_TEXT).filter((span) => /^(orders?|sluice)_[a-z_]+$/.test(span))
    assert.deepEqual(
      named.filter((name) => !metrics.includes(name) && !others.includes(name)),
      [],
    )
    const explained = new Set(codeSpans(section(OPERATIONS, 'Metrics') ?? ''))
    assert.deepEqual(
      metrics.filter((name) => !explained.has(name)),
      [],
    )
  })

  it('has every heading that the code sends people to', () => {
    const wanted = matches(sourceOf('src'), /docs\/OPERATIONS\.md, \\?"([^"\\]+)/g)
    assert.ok(wanted.length >= 4)
    const there = headings(OPERATIONS)
    assert.deepEqual(
      wanted.filter((heading) => !there.includes(heading)),
      [],
    )
  })
})

function isThere(from: string, link: string): boolean {
  const [path = '', anchor] = link.split('#')
  const target = path === '' ? from : join(dirname(from), path)
  if (!existsSync(join(ROOT, target))) return false
  return anchor === undefined || headings(readPage(target)).map(anchorOf).includes(anchor)
}

describe('README.md', () => {
  it('shows only commands that package.json knows, curl and docker', () => {
    const parts = commandLines(README.text).flatMap((line) => line.split(' && '))
    assert.ok(parts.length >= 6)
    assert.deepEqual(
      parts.filter(
        (part) => !/^(npm (ci|start|test|run [\w-]+( -- .*)?)|curl http:.*|docker .*)$/.test(part),
      ),
      [],
    )
  })

  it('tests it as .ci/run does', () => {
    const ci = readFileSync(`${ROOT}/.ci/run`, 'utf8').split('\n')
    const parts = commandLines(section(README, 'Test it') ?? '').flatMap((line) => line.split(' && '))
    assert.deepEqual(parts, ['npm ci', 'npm test'])
    for (const part of parts) assert.ok(ci.includes(part), part)
  })
})

describe('docs/CONFIGURATION.md and .env.example', () => {
  it('have each setting with its default, meaning and rule, and no other', () => {
    const rows = SETTING_NAMES.map((name) => {
      const { default: fallback, about, rule } = settingOf(name)
      return `| \`${name}\` | ${fallback === undefined ? '–' : `\`${fallback}\``} | ${about} | ${rule.allowed} |`
    })
    const table = CONFIGURATION.text
      .split('\n')
      .filter((line) => /^\| `[A-Z_]+` \| (–|`[^`]*`) \|/.test(line))
    assert.deepEqual(table, rows)
  })

  it('show each default as a line that can be used', () => {
    const lines = matches(readPage('.env.example').text, /^#([A-Z_]+=.*)$/gm)
    assert.deepEqual(
      lines.map((line) => line.split('=')[0]),
      SETTING_NAMES,
    )
    for (const line of lines) {
      const [name = '', ...value] = line.split('=')
      const fallback = SETTING_NAMES.filter((known) => known === name).map(
        (known) => settingOf(known).default,
      )[0]
      if (fallback !== undefined) assert.equal(value.join('='), fallback, name)
    }
  })
})

describe('docs/OPERATIONS.md', () => {
  const runbooks = matches(OPERATIONS.text, /^Hold reason `(\w+)`/gm)

  it('has one runbook for each reason to hold', () => {
    assert.deepEqual(runbooks.toSorted(), [...HOLD_REASONS].toSorted())
  })

  it('says which reasons are alarms, and lists every event that is logged as an error', () => {
    const errors = new Set(matches(sourceOf('src'), /\blog\.error\('(\w+)'/g))
    for (const reason of HOLD_REASONS) {
      const level = levelOf(reason, errors)
      const runbook = new RegExp(`^Hold reason \`${reason}\`, an alarm\\.`, 'm').test(OPERATIONS.text)
      assert.equal(runbook, level === 'error', reason)
    }
    const listed = codeSpans(section(OPERATIONS, 'The log') ?? '')
    assert.ok(errors.size > HOLD_REASONS.length / 2)
    assert.deepEqual(
      [...errors].filter((event) => !listed.includes(event)),
      [],
    )
  })

  it('has every account of the audit, and everything that it can find', () => {
    const accounts = codeSpans(section(OPERATIONS, 'Audit says NOT BALANCED') ?? '')
    for (const name of membersOf('src/audit/accounts.ts', 'AccountName'))
      assert.ok(accounts.includes(name), name)
    const findings = codeSpans(section(OPERATIONS, 'The audit found') ?? '')
    for (const kind of membersOf('src/audit/findings.ts', 'FindingKind'))
      assert.ok(findings.includes(kind), kind)
  })
})

/** The level at which a partition that is held is logged; adds the event when that is an error. */
function levelOf(reason: (typeof HOLD_REASONS)[number], errors: Set<string>): string | undefined {
  let logged: string | undefined
  const at = (level: string) => (event: string) => {
    logged = level
    if (level === 'error') errors.add(event)
  }
  const log: Logger = { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
  const events = partitionEvents(log, createMetrics({ version: 'test' }), { add: () => {}, report: () => {} })
  events.held({ consumerGroup: 'g', topic: 't', partition: 0 }, reason, new Error('x'), 1)
  return logged
}

describe('docs/DESIGN.md', () => {
  it('has every folder of src in its map, and every column of the ledger that counts', () => {
    const map = codeSpans(section(DESIGN, 'Map') ?? '')
    const folders = readdirSync(`${ROOT}/src`, { withFileTypes: true }).filter((entry) => entry.isDirectory())
    for (const { name } of folders) assert.ok(map.includes(`src/${name}/`), name)
    const columns = codeSpans(section(DESIGN, 'The ledger') ?? '')
    for (const column of OUTCOMES) assert.ok(columns.includes(column), column)
  })
})

describe('docs/decisions', () => {
  it('are numbered without gaps, with their number in the heading and a status', () => {
    const names = readdirSync(`${ROOT}/docs/decisions`).toSorted()
    for (const [index, name] of names.entries()) {
      const { text } = readPage(`docs/decisions/${name}`)
      assert.equal(name.slice(0, 5), `${String(index + 1).padStart(4, '0')}-`)
      assert.match(text, new RegExp(`^# ${index + 1}\\. `), name)
      assert.match(text, /^Status: (accepted|superseded by \[|rejected)/m, name)
    }
  })
})
