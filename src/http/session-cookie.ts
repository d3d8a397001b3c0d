import { createHmac, timingSafeEqual } from 'node:crypto'

const NAME = 'sluice_session'
const VALID_FOR_S = 12 * 3600

/**
 * A session is a time until which it is valid and its HMAC, with the token as key: nothing has to be kept,
 * every instance with the same tokens takes it, and it ends when the token is changed.
 */
export function sessionCookie(token: string, secure: boolean, nowMs: number): string {
  const validUntil = String(Math.floor(nowMs / 1000) + VALID_FOR_S)
  return cookie(`${validUntil}.${mac(token, validUntil).toString('base64url')}`, VALID_FOR_S, secure)
}

export function endedSessionCookie(secure: boolean): string {
  return cookie('', 0, secure)
}

export function sessionRole(
  tokens: { readonly adminToken?: string; readonly readToken?: string },
  cookies: string | undefined,
  nowMs: number,
): 'admin' | 'reader' | undefined {
  if (cookies === undefined) return undefined
  const [, validUntil, given] = /(?:^|;) *sluice_session=(\d{1,12})\.([\w-]{43})(?:;|$)/.exec(cookies) ?? []
  if (validUntil === undefined || given === undefined || Number(validUntil) * 1000 <= nowMs) return undefined
  const bytes = Buffer.from(given, 'base64url')
  const isOf = (token: string | undefined): boolean =>
    token !== undefined && timingSafeEqual(mac(token, validUntil), bytes)
  const [admin, reader] = [isOf(tokens.adminToken), isOf(tokens.readToken)]
  return admin ? 'admin' : reader ? 'reader' : undefined
}

function mac(token: string, validUntil: string): Buffer {
  return createHmac('sha256', token).update(`session until ${validUntil}`).digest()
}

/** Scripts can't read it, and no other site's page makes a browser send it. */
function cookie(value: string, maxAgeS: number, secure: boolean): string {
  const attributes = `Path=/; HttpOnly; SameSite=Strict; Max-Age=${maxAgeS}${secure ? '; Secure' : ''}`
  return `${NAME}=${value}; ${attributes}`
}
