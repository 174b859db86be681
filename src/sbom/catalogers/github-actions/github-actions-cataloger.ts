import type { Json } from '../../../kernel/json.ts'
import { purlText } from '../../../package/purl.ts'
import { fileNameOf } from '../../path.ts'
import { parseLockYaml } from '../../text/block-yaml.ts'
import type { Cataloger } from '../cataloger.ts'
import { imageName } from '../dockerfile/image-purl.ts'
import type { LockGraph, LockNode } from '../lock-graph.ts'
import { lockfileCataloger } from '../lockfile-cataloger.ts'

/** What workflows and actions of GitHub use: other actions, workflows and images. They build and test; they are not shipped. */
export const githubActionsCataloger: Cataloger = lockfileCataloger({
  name: 'github-actions',
  method: 'manifest',
  limit: 'packageFileBytes',
  only: { endings: ['yml', 'yaml'] },
  isLock: (path, mode) => mode === 'installed' && isActionFile(path) && !`/${path}`.includes('/node_modules/'),
  parse: ({ bytes, path }) => graphOf(parseLockYaml(bytes, path)[0] ?? null),
})

function isActionFile(path: string): boolean {
  return /(?:^|\/)\.github\/workflows\/[^/]+\.ya?ml$/.test(path) || /^action\.ya?ml$/.test(fileNameOf(path))
}

function graphOf(document: Json): LockGraph {
  const nodes = new Map<string, LockNode>()
  for (const uses of usesOf(document)) {
    const found = nodeOf(uses)
    if (found !== undefined) nodes.set(found.purl, { ...found, marked: 'dev' })
  }
  return { nodes, projects: [] }
}

/** `uses` of steps and jobs, and images that jobs run in or beside; an action may be an image itself. */
function usesOf(document: Json): string[] {
  const found: unknown[] = []
  for (const job of Object.values(membersOf(membersOf(document)['jobs']))) {
    const { uses, container, services, steps } = membersOf(job)
    found.push(uses, asImage(container), ...Object.values(membersOf(services)).map(asImage), ...stepsOf(steps))
  }
  const { steps, image } = membersOf(membersOf(document)['runs'])
  found.push(image, ...stepsOf(steps))
  return found.filter((one) => typeof one === 'string')
}

function stepsOf(steps: Json | undefined): unknown[] {
  return Array.isArray(steps) ? steps.map((step: Json) => membersOf(step)['uses']) : []
}

function asImage(value: Json | undefined): string | undefined {
  const image = typeof value === 'string' ? value : membersOf(value)['image']
  return typeof image === 'string' ? `docker://${image}` : undefined
}

function membersOf(value: Json | undefined): Readonly<Record<string, Json>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Readonly<Record<string, Json>>) : {}
}

/** `owner/name[/path]@ref`, `docker://image`. What lies in the repository itself (`./…`) is no package. */
function nodeOf(uses: string): LockNode | undefined {
  if (uses.startsWith('docker://')) {
    const image = imageName(uses.slice('docker://'.length))
    return image === undefined ? undefined : { ...image, type: 'application', needs: [] }
  }
  const [, owner, name, path, ref] = /^([\w.-]{1,100})\/([\w.-]{1,100})((?:\/[\w.-]{1,200}){0,20})@([\w./-]{1,200})$/.exec(uses) ?? []
  if (owner === undefined || name === undefined || owner === '.' || owner === '..') return undefined
  const purl = purlText({ type: 'github', namespace: owner, name, version: ref, subpath: path })
  return { purl, name: `${owner}/${name}${path ?? ''}`, version: ref ?? '', needs: [] }
}
