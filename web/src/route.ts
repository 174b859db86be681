import { signal } from '@preact/signals'

export const SHOWS = ['receipts', 'verdicts', 'components'] as const
export type Show = (typeof SHOWS)[number]

/** Every place of the page. What is shown stands in the URL, so that it can be sent to somebody. */
export type Route =
  | { readonly view: 'artifacts'; readonly search: string }
  | { readonly view: 'artifact'; readonly digest: string; readonly show: Show }
  | { readonly view: 'environments' }
  | { readonly view: 'environment'; readonly name: string }
  | { readonly view: 'impact'; readonly q: string }
  | { readonly view: 'nowhere'; readonly path: string }

export function parseRoute(url: URL): Route {
  const nowhere: Route = { view: 'nowhere', path: url.pathname }
  const parts = decodedParts(url.pathname)
  if (parts === undefined || parts.length > 2) return nowhere
  const [first, second] = parts
  if (first === undefined) return { view: 'artifacts', search: url.searchParams.get('search') ?? '' }
  if (first === 'artifacts' && second !== undefined) {
    const show = SHOWS.find((each) => each === url.searchParams.get('show')) ?? 'receipts'
    return { view: 'artifact', digest: second, show }
  }
  if (first === 'environments') return second === undefined ? { view: 'environments' } : { view: 'environment', name: second }
  if (first === 'impact' && second === undefined) return { view: 'impact', q: url.searchParams.get('q') ?? '' }
  return nowhere
}

export function hrefOf(route: Route): string {
  switch (route.view) {
    case 'artifacts':
      return withQuery('/', 'search', route.search)
    case 'artifact':
      return withQuery(`/artifacts/${encodeURIComponent(route.digest)}`, 'show', route.show === 'receipts' ? '' : route.show)
    case 'environments':
      return '/environments'
    case 'environment':
      return `/environments/${encodeURIComponent(route.name)}`
    case 'impact':
      return withQuery('/impact', 'q', route.q)
    case 'nowhere':
      return route.path
  }
}

/** Undefined for a path that holds no valid percent-encoding. */
function decodedParts(path: string): readonly string[] | undefined {
  try {
    return path.split('/').flatMap((part) => (part === '' ? [] : [decodeURIComponent(part)]))
  } catch {
    return undefined
  }
}

function withQuery(path: string, name: string, value: string): string {
  return value === '' ? path : `${path}?${new URLSearchParams({ [name]: value })}`
}

/** Where the page is. Only `go` and the browser's own buttons change it. */
export const here = signal<Route>({ view: 'artifacts', search: '' })

/** Goes to a place; `replace` leaves no step back, for what changes while somebody types. */
export function go(href: string, how: 'push' | 'replace' = 'push'): void {
  if (how === 'push') history.pushState(undefined, '', href)
  else history.replaceState(undefined, '', href)
  here.value = parseRoute(new URL(location.href))
  if (how === 'push') window.scrollTo(0, 0)
}

/** Begins to follow the address bar and plain clicks on links within the page. */
export function followUrl(): void {
  const read = (): void => {
    here.value = parseRoute(new URL(location.href))
  }
  read()
  window.addEventListener('popstate', read)
  document.addEventListener('click', (event) => {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return
    const link = event.target instanceof Element ? event.target.closest('a') : null
    if (link === null || link.origin !== location.origin || link.target !== '' || link.hasAttribute('download') || link.hash !== '') return
    event.preventDefault()
    go(link.href)
  })
}
