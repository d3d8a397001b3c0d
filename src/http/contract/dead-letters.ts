import { Type, type Static } from 'typebox'
import { CLOSED, Count, Instant, Next, nullable, Paging, Uid } from './shared.ts'

const STATUSES = ['open', 'replaying', 'resolved', 'discarded'] as const
const Status = Type.Unsafe<(typeof STATUSES)[number]>({ type: 'string', enum: STATUSES })

export const DeadLettersQuery = Type.Object(
  {
    status: Type.Optional(Status),
    error_type: Type.Optional(Type.String({ pattern: '^[a-z0-9_]{1,64}$' })),
    uid: Type.Optional(Uid),
    from: Type.Optional(Instant('First failed at this instant or later')),
    to: Type.Optional(Instant('First failed before this instant')),
    ...Paging,
  },
  CLOSED,
)
export type DeadLettersQuery = Static<typeof DeadLettersQuery>

const SUMMARY = {
  entry: Type.String({ format: 'uuid', description: 'The same after any restore' }),
  topic: Type.String({ description: 'Of the record that failed' }),
  partition: Count('Of the record that failed'),
  offset: Count('Of the record that failed'),
  key: nullable(Type.String({ description: 'As text; null without a key or when it is no text' })),
  error_type: Type.String(),
  error_message: Type.String(),
  error_stage: Type.String(),
  attempts: Count('How often it was tried'),
  status: Status,
  created_at: Instant('First failure'),
  last_failed_at: Instant('Last failure'),
  archived_at: Instant('When it came into the table'),
  value_bytes: nullable(Count('Length of its value; null without a value')),
}

export const DeadLetterSummary = Type.Object(SUMMARY, { $id: 'DeadLetterSummary' })
export type DeadLetterSummary = Static<typeof DeadLetterSummary>

export const DeadLetterList = Type.Object(
  { items: Type.Array(Type.Ref('DeadLetterSummary#')), next: Next },
  { $id: 'DeadLetterList' },
)

/** Spelled out: the format also allows `urn:uuid:` before it. */
const UUID = '^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$'

export const EntryParams = Type.Object({ entry: Type.String({ format: 'uuid', pattern: UUID }) })
export type EntryParams = Static<typeof EntryParams>

const Bytes = Type.Object({
  encoding: Type.Union([Type.Literal('utf8'), Type.Literal('base64')]),
  text: Type.String(),
  masked: Type.Boolean({
    description: 'Whether names, phones, e-mails and addresses were replaced, because a reader asked',
  }),
})
export type Bytes = Static<typeof Bytes>

export const DeadLetter = Type.Object(
  {
    ...SUMMARY,
    topic_id: Type.String({ format: 'uuid', description: 'Of the topic of the record that failed' }),
    resolution: nullable(Type.String()),
    headers: Type.Array(Type.Object({ name: Type.String(), value: nullable(Bytes) })),
    value: nullable(Bytes),
  },
  { $id: 'DeadLetter' },
)
export type DeadLetter = Static<typeof DeadLetter>
