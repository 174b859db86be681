import { childOf, childText, childrenOf, parseXml } from '../../text/xml.ts'
import type { XmlElement } from '../../text/xml.ts'
import type { Coordinates } from './coordinates.ts'

export type PomDependency = Coordinates & {
  readonly scope: string
  readonly optional: boolean
  /** `import` of another project's list of versions has type pom. */
  readonly type: string
}

/** What a pom.xml says, as written: expressions are not yet resolved. */
export type Pom = Coordinates & {
  readonly parent?: Coordinates & { readonly path: string }
  readonly packaging: string
  readonly licences: readonly string[]
  readonly modules: readonly string[]
  readonly properties: ReadonlyMap<string, string>
  readonly dependencies: readonly PomDependency[]
  readonly managed: readonly PomDependency[]
}

/** Reads a pom.xml (Maven, POM 4.0.0). Undefined when the root is no project. Throws `artifact-malformed` for what is no XML. */
export function parsePom(bytes: Uint8Array, where: string): Pom | undefined {
  const root = parseXml(bytes, where)
  if (root.name !== 'project') return undefined
  const parent = childOf(root, 'parent')
  const own = coordinatesOf(root)
  return {
    group: own.group || childText(parent, 'groupId'),
    artifact: own.artifact,
    version: own.version || childText(parent, 'version'),
    ...(parent === undefined ? {} : { parent: { ...coordinatesOf(parent), path: parentPath(parent) } }),
    packaging: childText(root, 'packaging') || 'jar',
    licences: childrenOf(childOf(root, 'licenses'), 'license').map((one) => childText(one, 'name') || childText(one, 'url')),
    modules: childrenOf(childOf(root, 'modules'), 'module').map(({ text }) => text),
    properties: new Map(childOf(root, 'properties')?.children.map(({ name, text }) => [name, text])),
    dependencies: dependenciesOf(childOf(root, 'dependencies')),
    managed: dependenciesOf(childOf(childOf(root, 'dependencyManagement'), 'dependencies')),
  }
}

function coordinatesOf(element: XmlElement): Coordinates {
  return { group: childText(element, 'groupId'), artifact: childText(element, 'artifactId'), version: childText(element, 'version') }
}

/** Without a word on it the parent lies one folder above; an empty word says that it lies nowhere. */
function parentPath(parent: XmlElement): string {
  return childOf(parent, 'relativePath')?.text ?? '../pom.xml'
}

function dependenciesOf(list: XmlElement | undefined): PomDependency[] {
  return childrenOf(list, 'dependency').map((one) => ({
    ...coordinatesOf(one),
    scope: childText(one, 'scope'),
    optional: childText(one, 'optional') === 'true',
    type: childText(one, 'type') || 'jar',
  }))
}

/** The licence a pom declares: one of several may be chosen. */
export function pomLicence({ licences }: Pick<Pom, 'licences'>): string | undefined {
  const named = licences.map((one) => one.replace(/\s+/g, ' ').slice(0, 300)).filter((one) => one !== '')
  return named.length > 1 ? named.map((one) => `(${one})`).join(' OR ') : named[0]
}

const MAX_STEPS = 32
const MAX_TEXT = 1024

/**
 * A text with its `${…}` expressions resolved, as far as they are known; undefined when one is not. Expressions in what they stand for are
 * resolved as well, up to a bound.
 */
export function resolveText(text: string, lookUp: (name: string) => string | undefined): string | undefined {
  let resolved = text
  for (let step = 0; resolved.includes('${'); step += 1) {
    const start = resolved.indexOf('${')
    const end = resolved.indexOf('}', start)
    const value = end === -1 || step >= MAX_STEPS ? undefined : lookUp(resolved.slice(start + 2, end).trim())
    if (value === undefined || resolved.length + value.length > MAX_TEXT) return undefined
    resolved = resolved.slice(0, start) + value + resolved.slice(end + 1)
  }
  return resolved
}

/** What an expression in a pom stands for: its properties, those of its ancestors, and its own coordinates (nearest first). */
export function lookUpIn(lineage: readonly Pom[]): (name: string) => string | undefined {
  const [own] = lineage
  return (name) => {
    const plain = name.replace(/^(?:project|pom)\./, '')
    for (const pom of lineage) {
      const value = pom.properties.get(name)
      if (value !== undefined) return value
    }
    if (own === undefined) return undefined
    const said = {
      groupId: own.group,
      artifactId: own.artifact,
      version: own.version,
      'parent.groupId': own.parent?.group,
      'parent.artifactId': own.parent?.artifact,
      'parent.version': own.parent?.version,
    }[plain]
    return said === '' ? undefined : said
  }
}
