import { useEffect, useRef } from 'preact/hooks'
import { words } from '../words/words.ts'

export function Help({ onClose }: { readonly onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null)
  useEffect(() => dialog.current?.showModal(), [])
  const { frame } = words.value
  const keys: readonly (readonly [key: string, what: string])[] = [
    ['/ Ctrl+K', frame.keys.search],
    ['p', frame.keys.pause],
    ['j k', frame.keys.rows],
    ['f', frame.keys.flow],
    ['?', frame.keys.help],
  ]
  return (
    <dialog ref={dialog} class="help" aria-labelledby="help-title" onClose={onClose}>
      <h2 id="help-title">{frame.help}</h2>
      <dl class="keys">
        {keys.map(([key, what]) => (
          <div key={key}>
            <dt>
              {key.split(' ').map((each) => (
                <kbd key={each}>{each}</kbd>
              ))}
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <form method="dialog">
        <button class="button">{frame.close}</button>
      </form>
    </dialog>
  )
}
