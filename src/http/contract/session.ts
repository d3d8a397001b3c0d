import { Type, type Static } from 'typebox'
import { CLOSED } from './shared.ts'

export const SignIn = Type.Object(
  { token: Type.String({ minLength: 1, maxLength: 512, description: 'ADMIN_TOKEN or READ_TOKEN' }) },
  CLOSED,
)
export type SignIn = Static<typeof SignIn>

export const Session = Type.Object(
  {
    role: Type.Union([Type.Literal('admin'), Type.Literal('reader'), Type.Literal('none')], {
      description: 'What the caller may do here: everything, read, or nothing without a token',
    }),
  },
  { $id: 'Session' },
)
export type Session = Static<typeof Session>
