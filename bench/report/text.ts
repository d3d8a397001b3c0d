import type { BenchResult } from '../run.ts'
import { conditionsOf, warningOf } from './conditions.ts'
import type { Row, Table } from './section.ts'
import { sectionsOf } from './sections.ts'

/** The figures for a terminal. */
export function formatText(result: BenchResult): string {
  const sections = sectionsOf(result)
  const targets = sections.flatMap((section) => section.targets)
  const warning = warningOf(result)
  return [
    ...conditionsOf(result).map(([name, value]) => `${name}: ${value}`),
    ...sections.flatMap(({ title, tables }) => tables.flatMap((table) => ['', title, ...align(table)])),
    ...(targets.length === 0 ? [] : ['', 'Targets']),
    ...targets.map(({ what, measured, verdict }) => `${verdict}: ${plain(what)} (${measured})`),
    ...(warning === undefined ? [] : ['', warning]),
    '',
  ].join('\n')
}

function align({ headings, rows }: Table): string[] {
  const all = [headings, ...rows]
  const widest = Math.max(...all.map(([name]) => plain(name).length))
  return all.map((row) => `  ${alignRow(row, widest)}`.trimEnd())
}

function alignRow([name, ...cells]: Row, widest: number): string {
  const unit = cells.pop() ?? ''
  return `${plain(name).padEnd(widest)}${cells.map((cell) => cell.padStart(10)).join('')}  ${unit}`
}

function plain(markdown: string): string {
  return markdown.replaceAll('`', '')
}
