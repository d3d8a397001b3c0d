import type { DeadLetter, Retrying, Whereabouts } from '../api/orders.ts'
import { formatCount } from '../format/numbers.ts'
import { formatDuration } from '../format/time.ts'
import { visibleText } from '../format/visible.ts'
import { now } from '../frame/clock.ts'
import { Icon } from '../frame/icons.tsx'
import { Text } from '../frame/text.tsx'
import { When } from '../frame/when.tsx'
import { wordFor, words } from '../words/words.ts'

interface Props {
  /** Undefined when no place knows the uid. */
  readonly place: Whereabouts | undefined
  readonly onLook: () => void
}

/** An order that is not stored: does it wait, did it fail, or has nobody here ever seen it? */
export function Absent({ place, onLook }: Props) {
  const { absent } = words.value
  const nowhere = place === undefined || place.retrying.length + place.dead_letters.length === 0
  return (
    <>
      {nowhere ? (
        <Nowhere unread={place?.unread} />
      ) : (
        <Elsewhere place={place} waits={absent.waits} dead={absent.dead} />
      )}
      <p class="order-actions">
        <button type="button" class="button" onClick={onLook}>
          <Icon name="again" />
          {absent.lookAgain}
        </button>
      </p>
    </>
  )
}

interface ElsewhereProps {
  readonly place: Whereabouts
  readonly waits: string
  readonly dead: string
}

/** Records with this uid that are not stored. */
export function Elsewhere({ place, waits, dead }: ElsewhereProps) {
  return (
    <>
      {place.retrying.map((each) => (
        <Waits key={`${each.topic} ${each.partition} ${each.offset}`} of={each} title={waits} />
      ))}
      {place.dead_letters.map((each) => (
        <Dead key={each.entry} of={each} title={dead} />
      ))}
    </>
  )
}

function Waits({ of, title }: { readonly of: Retrying; readonly title: string }) {
  const { absent, language, units } = words.value
  const left = Math.round((Date.parse(of.not_before) - now.value) / 1_000)
  return (
    <section class="notice notice-waits">
      <h2>{title}</h2>
      <p class="lead">
        {absent.waitsDetail(String(of.retry), String(of.retry_max))},{' '}
        {left > 0 ? absent.due(formatDuration(language, left, units)) : absent.dueNow}
      </p>
      <Why type={of.error_type} message={of.error_message} />
      <dl class="fields">
        <div>
          <dt>{absent.failedFirst}</dt>
          <dd>
            <When at={of.first_failed_at} />
          </dd>
        </div>
        <div>
          <dt>{absent.where}</dt>
          <dd>{words.value.order.place(visibleText(of.topic), String(of.partition), String(of.offset))}</dd>
        </div>
      </dl>
      <p class="soft">{absent.waitsNext}</p>
    </section>
  )
}

function Dead({ of, title }: { readonly of: DeadLetter; readonly title: string }) {
  const { absent, order, language } = words.value
  return (
    <section class="notice notice-failed">
      <h2>{title}</h2>
      <p class="lead">{wordFor(absent.deadDetail, of.status)}</p>
      <Why type={of.error_type} message={of.error_message} />
      <dl class="fields">
        <div>
          <dt>{absent.failedAt}</dt>
          <dd>
            <When at={of.created_at} />
          </dd>
        </div>
        <div>
          <dt>{absent.attempts}</dt>
          <dd>{formatCount(language, of.attempts)}</dd>
        </div>
        <div>
          <dt>{absent.where}</dt>
          <dd>{order.place('', String(of.partition), String(of.offset))}</dd>
        </div>
        <div>
          <dt>{absent.entry}</dt>
          <dd class="mono small">{visibleText(of.entry)}</dd>
        </div>
      </dl>
      <p class="soft">{absent.deadNext}</p>
    </section>
  )
}

function Why({ type, message }: { readonly type: string; readonly message: string }) {
  return (
    <p>
      {wordFor(words.value.failures.types, type)} <span class="mono soft small">{visibleText(type)}</span>
      <br />
      <span class="mono">
        <Text of={message} />
      </span>
    </p>
  )
}

/** `unread` is undefined when nobody could be asked. */
function Nowhere({ unread }: { readonly unread: number | undefined }) {
  const { absent, language } = words.value
  const steps = absent.nowhereSteps
  return (
    <section class="notice">
      <h2>{absent.nowhere}</h2>
      <p>{absent.nowhereWhat}</p>
      <h3>{absent.nowhereNext}</h3>
      <ul class="steps">
        {unread !== undefined && (
          <li>{unread > 0 ? steps.lagging(formatCount(language, unread), unread) : steps.notLagging}</li>
        )}
        <li>{steps.compare}</li>
        <li>{steps.sender}</li>
        <li>{steps.unreadable}</li>
      </ul>
    </section>
  )
}
