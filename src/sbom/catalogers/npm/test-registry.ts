import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import { tarBytes } from '../../../artifact/tar-write.ts'
import { utf8 } from '../../../kernel/bytes.ts'

type PackageJson = { readonly name: string; readonly version: string; readonly [field: string]: unknown }

/** For tests: a registry on loopback that serves the given packages to a real npm. Files beside package.json by path. */
export async function startRegistry(
  packages: readonly { readonly manifest: PackageJson; readonly files?: Readonly<Record<string, string>> }[],
): Promise<{ readonly url: string; readonly close: () => Promise<void> }> {
  const tarballs = new Map<string, Uint8Array>()
  const documents = new Map<string, { name: string; 'dist-tags': Record<string, string>; versions: Record<string, unknown> }>()
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url ?? '/', 'http://localhost').pathname).slice(1)
    const tarball = tarballs.get(path)
    const document = documents.get(path)
    if (tarball !== undefined) response.end(tarball)
    else if (document !== undefined) response.setHeader('content-type', 'application/json').end(JSON.stringify(document))
    else response.writeHead(404).end('{}')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  for (const { manifest, files = {} } of packages) {
    const contents = { 'package.json': JSON.stringify(manifest), ...files }
    const items = Object.entries(contents).map(([path, text]) => ({ type: 'file' as const, path: `package/${path}`, content: utf8(text) }))
    const bytes = new Uint8Array(gzipSync(tarBytes(items, { mtime: 0 })))
    const path = `${manifest.name}/-/${manifest.name.split('/').at(-1)}-${manifest.version}.tgz`
    const document = documents.get(manifest.name) ?? { name: manifest.name, 'dist-tags': {}, versions: {} }
    const integrity = `sha512-${createHash('sha512').update(bytes).digest('base64')}`
    document.versions[manifest.version] = { ...manifest, dist: { tarball: `${url}${path}`, integrity } }
    document['dist-tags']['latest'] = manifest.version
    documents.set(manifest.name, document)
    tarballs.set(path, bytes)
  }
  return {
    url,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}
