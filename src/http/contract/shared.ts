import { Type, type TSchema } from 'typebox'
import { UID_PATTERN } from '../../order/order.ts'

/** Rows of one page at most, and when nothing is said. */
const MAX_LIMIT = 200
export const DEFAULT_LIMIT = 50
const MAX_CURSOR_CHARS = 512

/** Closed: a name that nobody reads is a mistake of the caller's, and is told to them. */
export const CLOSED = { additionalProperties: false } as const

export const Instant = (description: string) => Type.String({ format: 'date-time', description })
export const Count = (description: string) => Type.Integer({ minimum: 0, description })
export const nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()])

export const Uid = Type.String({
  pattern: UID_PATTERN.source,
  maxLength: 128,
  description: 'An `order_uid`; neither `.` nor `..`',
})

export const UidParams = Type.Object({ uid: Uid })

export const Paging = {
  limit: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: MAX_LIMIT,
      default: DEFAULT_LIMIT,
      description: 'Rows of one page at most',
    }),
  ),
  cursor: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: MAX_CURSOR_CHARS,
      description: '`next` of the page before, with the same filters',
    }),
  ),
}
/** As a handler gets it. */
export interface PagingQuery {
  readonly limit?: number
  readonly cursor?: string
}

export const Next = nullable(
  Type.String({ description: 'Ask for it as `cursor` to get the page after; null on the last one' }),
)

/** What readiness is made of, by name. */
export const Checks = Type.Record(Type.String(), Type.Object({ ok: Type.Boolean(), detail: Type.String() }), {
  description: 'Each check; only with `?verbose`',
})

/** RFC 9457. */
export const Problem = Type.Object(
  {
    type: Type.String({ description: 'A URN that ends in `code`' }),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String({ description: 'About this occurrence; never quotes what was sent' }),
    code: Type.String({ description: 'Stable, for programs' }),
    errors: Type.Optional(
      Type.Array(
        Type.Object({
          pointer: Type.String({ description: 'JSON pointer; begins with `/query`, `/params` or `/body`' }),
          message: Type.String(),
        }),
      ),
    ),
    checks: Type.Optional(Checks),
  },
  { $id: 'Problem' },
)

/** An answer with a schema that has a name of its own. */
export function answer(description: string, schema: string): TSchema {
  return Type.Unsafe({ description, content: { 'application/json': { schema: { $ref: `${schema}#` } } } })
}

/** The problems that a route may answer with, for its list of responses. */
export function problems(...statuses: readonly number[]): Record<number, TSchema> {
  return Object.fromEntries(statuses.map((status) => [status, problemResponse(status)]))
}

function problemResponse(status: number): TSchema {
  return Type.Unsafe({
    description: PROBLEM_MEANS[status] ?? 'A problem',
    content: { 'application/problem+json': { schema: Type.Ref('Problem#') } },
  })
}

const PROBLEM_MEANS: Readonly<Record<number, string>> = {
  400: 'The request is malformed',
  401: 'A token is needed, or the one that was sent is wrong',
  403: 'Sent by a page of another origin',
  404: 'There is none',
  429: 'Too much at once; see `Retry-After`',
  503: 'Can not be known at the moment, which is not the same as 404; see `Retry-After`',
}
