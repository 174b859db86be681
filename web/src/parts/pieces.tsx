import type { ComponentChildren } from 'preact'
import { useEffect } from 'preact/hooks'
import type { Decision, Place, Problem } from '../api.ts'
import { shortDigest } from '../format.ts'
import { hrefOf } from '../route.ts'
import type { Show } from '../route.ts'

/** Sets the title of the window. */
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · Tallystick`
  }, [title])
}

const DECISIONS: Readonly<Record<string, { readonly mark: string; readonly kind: string }>> = {
  allow: { mark: '✓', kind: 'good' },
  met: { mark: '✓', kind: 'good' },
  deny: { mark: '✗', kind: 'bad' },
  failed: { mark: '✗', kind: 'bad' },
  unknown: { mark: '?', kind: 'unsure' },
}

/** A decision or the result of a clause: told by word and mark, coloured as well. */
export function Badge({ of }: { readonly of: string }) {
  const { mark, kind } = (Object.hasOwn(DECISIONS, of) ? DECISIONS[of] : undefined) ?? { mark: '?', kind: 'unsure' }
  return (
    <span class={`badge ${kind}`}>
      <span aria-hidden="true">{mark}</span> {of}
    </span>
  )
}

export function DecisionOf({ decision }: { readonly decision: Decision | undefined }) {
  return decision === undefined ? <span class="muted">not judged</span> : <Badge of={decision} />
}

/** A digest, shortened for the eye and whole for the pointer and the clipboard. */
export function DigestText({ digest }: { readonly digest: string }) {
  return (
    <code class="digest" title={digest}>
      {shortDigest(digest)}
    </code>
  )
}

export function ArtifactLink({
  digest,
  children,
  show = 'receipts',
}: {
  readonly digest: string
  readonly children: ComponentChildren
  readonly show?: Show
}) {
  return <a href={hrefOf({ view: 'artifact', digest, show })}>{children}</a>
}

const WHEN = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' })

/** A time in the reader's own time zone; exactly and in UTC for the pointer. */
export function Time({ at }: { readonly at: string }) {
  const time = new Date(at)
  return (
    <time dateTime={at} title={at}>
      {Number.isNaN(time.getTime()) ? at : WHEN.format(time)}
    </time>
  )
}

/** Environments by name, each a link, with what runs it where it is a workload. */
export function Places({ places }: { readonly places: readonly Place[] }) {
  if (places.length === 0) return <span class="muted">nowhere now</span>
  return (
    <ul class="inline">
      {places.map((place) => (
        <li key={`${place.environment} ${place.workload ?? ''}`}>
          <a class="chip" href={hrefOf({ view: 'environment', name: place.environment })}>
            {place.workload === undefined ? place.environment : `${place.environment}: ${place.workload}`}
          </a>
        </li>
      ))}
    </ul>
  )
}

export function Trouble({ problem }: { readonly problem: Problem }) {
  return (
    <div class="trouble" role="alert">
      <p>
        <strong>{problem.message}</strong> <span class="muted">({problem.code})</span>
      </p>
      {problem.hint === '' ? undefined : <p>{problem.hint}</p>}
    </div>
  )
}

/** What stands where a list has nothing yet: why, and the next command. */
export function Empty({ children, command }: { readonly children: ComponentChildren; readonly command?: string }) {
  return (
    <div class="empty">
      <p>{children}</p>
      {command === undefined ? undefined : <Command text={command} />}
    </div>
  )
}

/** A command to run in a terminal, with a button that copies it. */
export function Command({ text }: { readonly text: string }) {
  return (
    <div class="command">
      <code>{text}</code>
      <button type="button" onClick={() => void navigator.clipboard.writeText(text)} aria-label={`Copy: ${text}`}>
        Copy
      </button>
    </div>
  )
}

export function Waiting() {
  return (
    <p class="waiting" role="status">
      Reading …
    </p>
  )
}

export function More({ more }: { readonly more: (() => void) | undefined }) {
  if (more === undefined) return undefined
  return (
    <p>
      <button type="button" onClick={more}>
        Show more
      </button>
    </p>
  )
}
