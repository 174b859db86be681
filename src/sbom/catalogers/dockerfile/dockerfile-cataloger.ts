import { fileNameOf } from '../../path.ts'
import type { Cataloger } from '../cataloger.ts'
import type { LockNode } from '../lock-graph.ts'
import { lockfileCataloger } from '../lockfile-cataloger.ts'
import { readBases } from './dockerfile.ts'
import { imageName } from './image-purl.ts'

/** The images that Dockerfiles are built from: of the last stage as what is shipped stands on, of others as what only builds it. */
export const dockerfileCataloger: Cataloger = lockfileCataloger({
  name: 'dockerfile',
  method: 'manifest',
  limit: 'packageFileBytes',
  isLock: (path, mode) => mode === 'installed' && isDockerfile(path),
  parse: ({ bytes }) => {
    const { images, unknown } = readBases(new TextDecoder().decode(bytes))
    const nodes = new Map<string, LockNode>()
    for (const { image, final } of images.toSorted((a, b) => Number(a.final) - Number(b.final))) {
      const found = imageName(image)
      if (found !== undefined) nodes.set(found.purl, { ...found, type: 'application', needs: [], ...(final ? {} : { marked: 'dev' }) })
    }
    return { nodes, projects: [], partial: unknown }
  },
})

/** `Dockerfile`, `Dockerfile.release`, `app.dockerfile`, and Podman's `Containerfile`. */
function isDockerfile(path: string): boolean {
  if (!path.includes('ockerfile') && !path.includes('ontainerfile')) return false
  return /^(?:Docker|Container)file(?:\.[\w-]+)?$|\.dockerfile$/i.test(fileNameOf(path)) && !`/${path}`.includes('/node_modules/')
}
