import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { api } from '../api.ts'
import { countOf } from '../format.ts'
import { useLoaded } from '../load.ts'
import { here, hrefOf } from '../route.ts'
import type { Route } from '../route.ts'
import { token } from '../session.ts'

const PLACES: readonly { readonly title: string; readonly to: Route; readonly views: readonly Route['view'][] }[] = [
  { title: 'Artifacts', to: { view: 'artifacts', search: '' }, views: ['artifacts', 'artifact'] },
  { title: 'Environments', to: { view: 'environments' }, views: ['environments', 'environment'] },
  { title: 'Impact', to: { view: 'impact', q: '' }, views: ['impact'] },
]

/** What is around every view: the way to each of them, and what stands under all of it. */
export function Shell({ children }: { readonly children: ComponentChildren }) {
  const main = useRef<HTMLElement>(null)
  const route = here.value
  const place = 'digest' in route ? route.digest : 'name' in route ? route.name : route.view
  const first = useRef(true)
  useEffect(() => {
    // Whoever reads with the keyboard or by ear goes on where the new view begins.
    if (!first.current) main.current?.focus()
    first.current = false
  }, [place])
  return (
    <>
      <a class="skip" href="#main" onClick={() => main.current?.focus()}>
        Skip to the content
      </a>
      <header class="top">
        <a class="brand" href="/">
          <img src="/icon.svg" alt="" width="24" height="24" />
          Tallystick
        </a>
        <nav aria-label="Views">
          <ul class="inline">
            {PLACES.map(({ title, to, views }) => (
              <li key={title}>
                <a href={hrefOf(to)} aria-current={views.includes(route.view) ? 'page' : undefined}>
                  {title}
                </a>
              </li>
            ))}
          </ul>
        </nav>
      </header>
      <main id="main" tabIndex={-1} ref={main}>
        {children}
      </main>
      <Foot />
    </>
  )
}

function Foot() {
  const log = useLoaded('log', api.log)
  return (
    <footer>
      {log.state === 'ok' ? (
        <p>
          The log {log.value.origin} holds {countOf(log.value.size, 'entry', 'entries')}. To prove that it was not rewritten:{' '}
          <code>tally log check --against RECEIPT</code>
        </p>
      ) : undefined}
      <p>
        This page shows what the data directory holds. Whether an artifact may pass is judged from its evidence: <code>tally verify</code>.
        {token() === undefined ? ' Read only.' : ''}
      </p>
    </footer>
  )
}
