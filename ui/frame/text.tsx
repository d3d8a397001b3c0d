import { pieces } from '../format/visible.ts'

/**
 * A text from a record. Whatever is in it, it is text: isolated from the direction of what is around it, and
 * with everything named that can't be seen.
 */
export function Text({ of }: { readonly of: string }) {
  return (
    <bdi>
      {pieces(of).map(({ kind, text }) => (kind === 'plain' ? text : <span class="unseen">{text}</span>))}
    </bdi>
  )
}
