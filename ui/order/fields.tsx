import { Text } from '../frame/text.tsx'
import { words } from '../words/words.ts'

type FieldName = keyof ReturnType<typeof fieldNames>

interface Props<T> {
  readonly of: T
  readonly names: readonly (keyof T & FieldName)[]
}

/** Fields of a record, by name; ids as they are, without thousands between their digits. */
export function Fields<T extends Readonly<Record<string, unknown>> | object>({ of, names }: Props<T>) {
  const texts = fieldNames()
  return (
    <dl class="fields">
      {names.map((name) => (
        <div key={name}>
          <dt>{texts[name]}</dt>
          <dd>
            <FieldValue value={of[name]} />
          </dd>
        </div>
      ))}
    </dl>
  )
}

function FieldValue({ value }: { readonly value: unknown }) {
  if (value === '') return <span class="soft">{words.value.order.empty}</span>
  return <Text of={typeof value === 'string' ? value : JSON.stringify(value)} />
}

function fieldNames() {
  return words.value.order.fields
}
