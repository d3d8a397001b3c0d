import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { test } from 'node:test'
import { FIGURES, FOLDER } from '../../bench/report/page.ts'
import { reportFiles } from '../../bench/report/write.ts'
import type { BenchResult } from '../../bench/run.ts'
import { readPage, ROOT } from './markdown.ts'

const figures = JSON.parse(readPage(`docs/${FOLDER}/${FIGURES}`).text) as BenchResult
const files = reportFiles(figures)

test('the page and the pictures of the benchmark are what the command makes of its figures', () => {
  for (const [path, text] of files) assert.equal(readPage(`docs/${path}`).text, text, path)
})

test('no picture is left over from an earlier benchmark', () => {
  const pictures = readdirSync(`${ROOT}/docs/${FOLDER}`).map((name) => `${FOLDER}/${name}`)
  assert.deepEqual(
    pictures.toSorted(),
    [...files.keys()].filter((path) => path.startsWith(FOLDER)).toSorted(),
  )
})
