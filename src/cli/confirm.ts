import { createInterface } from 'node:readline/promises'

/** Asks a person. A script has decided already: without a terminal the answer is yes. */
export async function confirm(question: string): Promise<boolean> {
  if (!process.stdin.isTTY) return true
  const asking = createInterface({ input: process.stdin, output: process.stderr })
  try {
    return /^y(es)?$/i.test((await asking.question(`${question} [y/N] `)).trim())
  } finally {
    asking.close()
  }
}
