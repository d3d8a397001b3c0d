import type { BenchResult } from '../run.ts'
import { conditionsOf, warningOf } from './conditions.ts'
import type { Row, Section, Table } from './section.ts'
import { sectionsOf } from './sections.ts'

/** Where pictures and figures are, seen from the page. */
export const FOLDER = 'benchmarks'
export const FIGURES = 'results.json'

/** docs/BENCHMARKS.md, whole. A test compares it with the figures beside it, so nothing is edited by hand. */
export function formatPage(result: BenchResult): string {
  const sections = sectionsOf(result)
  const warning = warningOf(result)
  return [
    '# Benchmarks',
    '',
    `Written by \`npm run bench -- --write\`; the figures of every round are in [${FIGURES}](${FOLDER}/${FIGURES}), and a test holds this page against them.`,
    ...(warning === undefined ? [] : ['', `**${warning}**`]),
    '',
    '## What was to be reached',
    '',
    ...targetTable(sections),
    '',
    'Each figure is the median of all rounds, and of memory the highest.',
    '',
    '## How to read this',
    '',
    'Broker, database, service and whoever measures share one machine. So a figure alone tells more of that machine than of this program, and ratios tell more than figures. What is compared is measured in turns, in the same run, each time in a database of its own. A ratio is that of the medians; its minimum and maximum are those of pairs from the same round. In the pictures a bar is the median, and its whisker goes from the lowest round to the highest.',
    '',
    '| | |',
    '|--|--|',
    ...conditionsOf(result).map(([name, value]) => `| ${name} | ${value} |`),
    '',
    ...sections.flatMap(formatSection),
    ...changes(),
    '## Measuring it again',
    '',
    '`npm run bench` starts a Kafka and a PostgreSQL of its own and takes about half an hour; `npm run bench -- --quick` takes some three minutes and only shows that it works. `--only drain,poison` measures these alone, `--json` keeps the figures, `--profile` writes CPU profiles of the service. Nothing else should run meanwhile; the load average above tells whether something did.',
    '',
    'Why it is as fast as it is: [one COPY for each table](decisions/0002-copy-what-is-not-there.md), [batches of 2,000](decisions/0008-batches-of-2000-and-a-small-nursery.md), [orders that are read in place](decisions/0012-read-canonical-spelling-in-place.md). What it does not trade for speed: [foreign keys](decisions/0003-foreign-keys-are-enforced.md), and every commit is on disk.',
    '',
  ].join('\n')
}

/** What the work on speed yielded, each measured beside the way before it; the decisions tell how. */
const CHANGES: readonly Row[] = [
  [
    'binary COPY in place of `insert … unnest`',
    'CPU per order',
    '35.4 µs',
    '31.5–33.0 µs',
    '0002-copy-what-is-not-there',
  ],
  [
    'orders in canonical spelling are read in place',
    'CPU per order',
    '39–42 µs',
    '29 µs',
    '0012-read-canonical-spelling-in-place',
  ],
  [
    'the same',
    'reading and hashing one order',
    '16.4 µs',
    '4.0–5.3 µs',
    '0012-read-canonical-spelling-in-place',
  ],
  [
    'a smaller nursery, smaller batches and answers',
    'peak resident memory',
    '540 MB',
    '331 MB',
    '0008-batches-of-2000-and-a-small-nursery',
  ],
  [
    'batches of 2,000, one heap of the C library, buffers of COPY used again',
    'drain',
    '21,899/s',
    '24,391/s',
    '0008-batches-of-2000-and-a-small-nursery',
  ],
  [
    'a small cache asks for a small process',
    'peak resident memory',
    '288 MB',
    '238 MB',
    '0008-batches-of-2000-and-a-small-nursery',
  ],
]

function changes(): string[] {
  const rows = CHANGES.map(([name, ...figures]): Row => {
    const decision = figures.at(-1) ?? ''
    return [name, ...figures.slice(0, -1), `[${decision.slice(0, 4)}](decisions/${decision}.md)`]
  })
  return [
    '## What was changed to get there',
    '',
    'Before and after of each were measured beside each other, on other machines and days than the figures above.',
    '',
    ...formatTable({ headings: ['', 'of', 'before', 'after', 'decision'], rows }),
    '',
  ]
}

function targetTable(sections: readonly Section[]): string[] {
  const rows = sections.flatMap(({ targets }) =>
    targets.map(({ what, measured, verdict }): Row => [what, measured, `**${verdict}**`]),
  )
  return formatTable({ headings: ['target', 'measured', ''], rows })
}

function formatSection({ title, intro, tables, pictures }: Section): string[] {
  return [
    `## ${title}`,
    '',
    intro,
    '',
    ...pictures.flatMap(({ alt, file }) => [`![${alt}](${FOLDER}/${file})`, '']),
    ...tables.flatMap((table) => [...formatTable(table), '']),
  ]
}

/** Figures stand to the right, names and units to the left. */
function formatTable({ headings, rows }: Table): string[] {
  const last = headings.length - 1
  const rule = headings.map((_, column) => (column === 0 || column === last ? '--' : '--:'))
  return [headings, rule, ...rows].map((cells) => `| ${cells.join(' | ')} |`)
}
