import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkAccounts } from '../../src/audit/accounts.ts'
import { describeFinding, formatReport, makeReport } from '../../src/audit/report.ts'
import { balancedReading } from './made-up-books.ts'

function report(changes: Partial<ReturnType<typeof balancedReading>> = {}): string {
  const reading = { ...balancedReading(), ...changes }
  return formatReport(makeReport(reading, checkAccounts(reading), undefined))
}

const lastLine = (text: string): string | undefined => text.trimEnd().split('\n').at(-1)

test('the last line says whether the books balance, and if not, which account is off', () => {
  assert.equal(lastLine(report()), 'BALANCED')
  assert.equal(lastLine(report({ orders: 6, deadLetters: 3 })), 'NOT BALANCED: orders, dead-letters')
})

test('every partition has a line whose figures stand below their names', () => {
  const [head = '', ...lines] = report().split('\n')
  const column = (line: string | undefined, name: string): string | undefined =>
    line
      ?.slice(0, head.indexOf(name) + name.length)
      .split(' ')
      .at(-1)
  assert.deepEqual(
    ['next', 'log end', 'lag', 'stored', 'dead_lettered'].map((name) => column(lines[0], name)),
    ['10', '10', '0', '7', '2'],
  )
  assert.match(lines[1] ?? '', /^orders_retry +0 +g-retries +- +- +0 +0/)
})

test('an account that is off shows both figures and what to do', () => {
  const text = report({ orders: 6 })
  assert.match(text, /✗ orders .*expected 7, found 6/)
  assert.match(text, /what to do: orders were deleted/)
})

test('a uid that somebody made up can not command the terminal', () => {
  const text = describeFinding({ kind: 'order_altered', uid: '\u001b[2J' })
  assert.ok(!text.includes('\u001b'))
})
