import { useTitle } from '../parts/pieces.tsx'

export function Nowhere({ path }: { readonly path: string }) {
  useTitle('Not found')
  return (
    <>
      <h1>There is nothing at {path}</h1>
      <p>
        <a href="/">All artifacts</a>
      </p>
    </>
  )
}
