import assert from 'node:assert/strict'
import { test } from 'node:test'
import { copyLine } from '../../bench/copy-text.ts'

test('values are separated by tabs and end with a line feed', () => {
  assert.equal(copyLine(['a', 1, 'Иван', '']), 'a\t1\tИван\t\n')
})

test('what separates and escapes is escaped inside of a text', () => {
  assert.equal(copyLine(['a\tb\nc\rd\\N']), 'a\\tb\\nc\\rd\\\\N\n')
})

test('bytes are written in hexadecimal, their backslash escaped', () => {
  assert.equal(copyLine([Buffer.from([1, 0xab])]), '\\\\x01ab\n')
})
