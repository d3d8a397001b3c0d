/* The canonical form, byte by byte: what stands between its fields, and what each of them may be. */

export type Kind = 'uid' | 'text' | 'text or nothing' | 'currency' | 'email' | 'integer' | 'instant'

/** One field of the canonical form. */
export interface Step {
  /** Everything between the end of the field before and the first byte of this one. */
  readonly lead: Uint8Array
  readonly kind: Kind
  /** Code points of a text. */
  readonly max: number
}

type Field = readonly [name: string, kind: Kind, max: number]

/** Fields that stand together. */
export interface Part<Name extends string = string> {
  readonly steps: readonly Step[]
  /** Where each field is among the numbers of a scanned part. */
  readonly at: Readonly<Record<Name, number>>
  /** How many numbers the part takes: two for a text, one for an integer, two for an instant. */
  readonly numbers: number
}

const SHORT = 128
const LONG = 1024
const SIGNATURE = 4096

export const HEAD = part('{', [
  ['order_uid', 'uid', SHORT],
  ['track_number', 'text', SHORT],
  ['entry', 'text', SHORT],
])
export const DELIVERY = part(',"delivery":{', [
  ['name', 'text', LONG],
  ['phone', 'text', LONG],
  ['zip', 'text', LONG],
  ['city', 'text', LONG],
  ['address', 'text', LONG],
  ['region', 'text', LONG],
  ['email', 'email', 254],
])
export const PAYMENT = part('},"payment":{', [
  ['transaction', 'text', SHORT],
  ['request_id', 'text or nothing', SHORT],
  ['currency', 'currency', 3],
  ['provider', 'text', SHORT],
  ['amount', 'integer', 0],
  ['payment_dt', 'integer', 0],
  ['bank', 'text', SHORT],
  ['delivery_cost', 'integer', 0],
  ['goods_total', 'integer', 0],
  ['custom_fee', 'integer', 0],
])
export const BEFORE_ITEMS = ascii('},"items":[')
export const ITEM = part('{', [
  ['chrt_id', 'integer', 0],
  ['track_number', 'text', LONG],
  ['price', 'integer', 0],
  ['rid', 'text', LONG],
  ['name', 'text', LONG],
  ['sale', 'integer', 0],
  ['size', 'text', LONG],
  ['total_price', 'integer', 0],
  ['nm_id', 'integer', 0],
  ['brand', 'text', LONG],
  ['status', 'integer', 0],
])
export const TAIL = part('],', [
  ['locale', 'text', SHORT],
  ['internal_signature', 'text or nothing', SIGNATURE],
  ['customer_id', 'text', SHORT],
  ['delivery_service', 'text', SHORT],
  ['shardkey', 'text', SHORT],
  ['sm_id', 'integer', 0],
  ['date_created', 'instant', 0],
  ['oof_shard', 'text', SHORT],
])

function part<const Fields extends readonly Field[]>(lead: string, fields: Fields): Part<Fields[number][0]> {
  const at: Record<string, number> = {}
  let numbers = 0
  const steps = fields.map(([name, kind, max], index) => {
    at[name] = numbers
    numbers += kind === 'integer' ? 1 : 2
    const quote = kind === 'integer' ? '' : '"'
    return { lead: ascii(`${index === 0 ? lead : ','}"${name}":${quote}`), kind, max }
  })
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- every name of the fields was set above
  return { steps, at: at as Part<Fields[number][0]>['at'], numbers }
}

export function ascii(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, 'latin1'))
}
