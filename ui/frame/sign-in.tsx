import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { signIn } from '../api/client.ts'
import { words } from '../words/words.ts'

/** Takes the place of the page while the service answers nobody without a token. */
export function SignIn() {
  const token = useSignal('')
  const wrong = useSignal(false)
  const field = useRef<HTMLInputElement>(null)
  useEffect(() => field.current?.focus(), [])
  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault()
    wrong.value = !(await signIn(token.value.trim()))
    if (wrong.value) field.current?.select()
  }
  const texts = words.value.signIn
  return (
    <form class="sign-in" onSubmit={(event) => void submit(event)}>
      <h1>{texts.title}</h1>
      <p class="soft">{texts.why}</p>
      <label for="token">{texts.token}</label>
      <input
        ref={field}
        id="token"
        class="field"
        type="password"
        autocomplete="current-password"
        required
        aria-invalid={wrong.value}
        aria-describedby="token-wrong"
        value={token}
        onInput={(event) => {
          token.value = event.currentTarget.value
        }}
      />
      <p id="token-wrong" class="wrong" role="alert">
        {wrong.value ? texts.wrong : ''}
      </p>
      <button type="submit" class="button">
        {texts.submit}
      </button>
    </form>
  )
}
