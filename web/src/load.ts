import { useEffect, useState } from 'preact/hooks'
import type { Answer, Page, Problem } from './api.ts'

export type Loaded<T> =
  | { readonly state: 'loading' }
  | { readonly state: 'ok'; readonly value: T }
  | { readonly state: 'failed'; readonly problem: Problem }

/** What `load` answers, asked again whenever `key` changes. An answer that comes after the next question is dropped. */
export function useLoaded<T>(key: string, load: () => Promise<Answer<T>>): Loaded<T> {
  const [held, hold] = useState<{ readonly key: string; readonly loaded: Loaded<T> }>({ key, loaded: { state: 'loading' } })
  useEffect(() => {
    let current = true
    void load().then((answer) => {
      if (current) hold({ key, loaded: answer.ok ? { state: 'ok', value: answer.value } : { state: 'failed', problem: answer.problem } })
    })
    return () => {
      current = false
    }
  }, [key])
  return held.key === key ? held.loaded : { state: 'loading' }
}

export type Paged<T> = {
  /** Undefined until the first page has come. */
  readonly items: readonly T[] | undefined
  readonly problem: Problem | undefined
  /** Reads the next page; undefined when all is there or one is on its way. */
  readonly more: (() => void) | undefined
}

type Pages<T> = {
  readonly key: string
  readonly items: readonly T[] | undefined
  readonly problem: Problem | undefined
  readonly next: string | undefined
}

/** A list that comes in pages, begun again whenever `key` changes. An answer to what is no longer asked is dropped. */
export function usePaged<T>(key: string, load: (after: string | undefined) => Promise<Answer<Page<T>>>): Paged<T> {
  const nothing: Pages<T> = { key, items: undefined, problem: undefined, next: undefined }
  const [held, hold] = useState(nothing)
  useEffect(() => {
    hold(nothing)
    void load(undefined).then((answer) => hold((now) => (now.key === key ? add(now, answer) : now)))
  }, [key])
  if (held.key !== key) return { items: undefined, problem: undefined, more: undefined }
  const { items, problem, next } = held
  const more = (): void => {
    hold((now) => ({ ...now, next: undefined }))
    void load(next).then((answer) => hold((now) => (now.key === key ? add(now, answer) : now)))
  }
  return { items, problem, more: next === undefined ? undefined : more }
}

function add<T>(pages: Pages<T>, answer: Answer<Page<T>>): Pages<T> {
  if (!answer.ok) return { ...pages, problem: answer.problem, next: undefined }
  return { ...pages, items: [...(pages.items ?? []), ...answer.value.items], problem: undefined, next: answer.value.next }
}
