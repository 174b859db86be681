import { purlText } from '../../../package/purl.ts'

export type ImageName = { readonly purl: string; readonly name: string; readonly version: string }

/**
 * The package URL of an image named as in a Dockerfile, `[host/]path[:tag][@digest]`: of type docker, with the digest for its version where
 * there is one. Undefined for text that is no such name.
 */
export function imageName(text: string): ImageName | undefined {
  const [, reference = '', tag = '', digest = ''] =
    /^([^\s@]{1,400}?)(?::([\w][\w.-]{0,127}))?(?:@(sha256:[0-9a-f]{64}))?$/.exec(text) ?? []
  const segments = reference.split('/')
  const [first = ''] = segments
  const host = segments.length > 1 && (/[.:]/.test(first) || first === 'localhost') ? segments.shift() : undefined
  if (segments.some((segment) => !/^[a-z0-9]+(?:[._-]+[a-z0-9]+)*$/.test(segment))) return undefined
  const name = segments.pop()
  if (name === undefined) return undefined
  const version = digest === '' ? tag : digest
  const qualifiers = { repository_url: host, tag: digest === '' ? undefined : tag }
  return { purl: purlText({ type: 'docker', namespace: segments.join('/'), name, version, qualifiers }), name: reference, version }
}
