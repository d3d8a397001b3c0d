import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { BenchResult } from '../run.ts'
import { FIGURES, FOLDER, formatPage } from './page.ts'
import { sectionsOf } from './sections.ts'

const DOCS = join(import.meta.dirname, '..', '..', 'docs')

/** Every file of the report, by its path below docs/. */
export function reportFiles(result: BenchResult): ReadonlyMap<string, string> {
  const pictures = sectionsOf(result).flatMap((section) => section.pictures)
  return new Map([
    ['BENCHMARKS.md', formatPage(result)],
    [`${FOLDER}/${FIGURES}`, `${JSON.stringify(result, null, 2)}\n`],
    ...pictures.map(({ file, svg }) => [`${FOLDER}/${file}`, svg] as const),
  ])
}

/** Puts it in place of the report before. */
export function writeReport(result: BenchResult): void {
  const folder = join(DOCS, FOLDER)
  mkdirSync(folder, { recursive: true })
  for (const name of readdirSync(folder)) rmSync(join(folder, name))
  for (const [path, text] of reportFiles(result)) writeFileSync(join(DOCS, path), text)
}
