import { readJson, type Answer } from './client.ts'

export interface DeadLetterSummary {
  readonly entry: string
  readonly topic: string
  readonly partition: number
  readonly offset: number
  /** Null without a key, or when it is no text. */
  readonly key: string | null
  readonly error_type: string
  readonly error_message: string
  readonly status: string
  readonly created_at: string
}

export function readNewestDeadLetters(
  limit: number,
): Promise<Answer<{ readonly items: readonly DeadLetterSummary[] }>> {
  return readJson(`/api/v1/dead-letters?${new URLSearchParams({ limit: String(limit) }).toString()}`)
}
