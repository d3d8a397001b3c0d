import Schema from 'typebox/schema'

export interface Contract {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: { readonly schemas: Readonly<Record<string, object>> }
}

interface Operation {
  readonly responses: Readonly<Record<string, { readonly content?: Content }>>
}
type Content = Readonly<Record<string, { readonly schema?: object }>>

/** `get /api/v1/orders 200` and so on: every answer that the contract knows. */
export function answersOf({ paths }: Contract): string[] {
  return Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).flatMap(([method, { responses }]) =>
      Object.keys(responses).map((status) => `${method} ${path} ${status}`),
    ),
  )
}

/**
 * What is wrong with an answer by the contract: its type of content, or what its body lacks, has besides, or
 * spells otherwise. Empty when nothing is.
 */
export function faultsOf(
  contract: Contract,
  name: string,
  { contentType, body }: { readonly contentType: string | undefined; readonly body: string },
): string[] {
  const [method = '', path = '', status = ''] = name.split(' ')
  const response = contract.paths[path]?.[method]?.responses[status]
  if (response === undefined) return ['a status that the contract does not have']
  const { content } = response
  if (content === undefined) return body === '' ? [] : ['a body, where the contract has none']
  const [expected = '', { schema = {} } = {}] = Object.entries(content)[0] ?? []
  if (contentType !== expected) return [`${contentType} instead of ${expected}`]
  if (!expected.endsWith('json')) return []
  const $defs = closed(contract.components.schemas)
  const [, errors] = Schema.Compile({ $defs, ...closed(schema) }).Errors(JSON.parse(body))
  return errors.map(({ instancePath, message }) => `${instancePath || '/'} ${message}`)
}

/** The schema with its references as they are here, and objects that may have nothing but what is described. */
function closed<T extends object>(schema: T): T {
  return JSON.parse(JSON.stringify(schema), (_, part: unknown) => {
    if (typeof part !== 'object' || part === null) return part
    if ('$ref' in part && typeof part.$ref === 'string')
      return { $ref: part.$ref.replace('#/components/schemas/', '#/$defs/') }
    return 'properties' in part ? { additionalProperties: false, ...part } : part
  }) as T
}
