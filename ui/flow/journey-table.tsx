import { words } from '../words/words.ts'
import type { StopName } from './journey-layout.ts'

export interface Stop {
  readonly name: StopName
  readonly caption: string
  readonly number: string
  readonly unit: string
  readonly total: string
  readonly alarm?: boolean
}

/** For screen readers alone. */
export function JourneyTable({ stops }: { readonly stops: readonly Stop[] }) {
  const { journey } = words.value
  return (
    <div class="hidden">
      <table>
        <caption>{journey.title}</caption>
        <thead>
          <tr>
            <th scope="col">{journey.what}</th>
            <th scope="col">{journey.perSecond}</th>
            <th scope="col">{journey.inAll}</th>
          </tr>
        </thead>
        <tbody>
          {stops.map((stop) => (
            <tr key={stop.name}>
              <th scope="row">{stop.caption}</th>
              <td>{stop.number}</td>
              <td>{stop.total}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
