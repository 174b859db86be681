import { createHash } from 'node:crypto'
import { LIMITS } from '../../../kernel/limits.ts'
import { startZipBudget } from '../../archive/zip.ts'
import type { Component, Edge } from '../../model.ts'
import { directoryOf } from '../../path.ts'
import type { Catalog, Claim, LooseEdge } from '../cataloger.ts'
import { readClaims } from '../embedded-sbom/read-claims.ts'
import type { Inspector, Place } from '../inspector.ts'
import { isJavaArchive, readArchive } from './archive.ts'
import type { JavaArchive } from './archive.ts'
import { mavenPurl } from './coordinates.ts'
import type { Coordinates } from './coordinates.ts'
import { lookUpIn, pomLicence, resolveText } from './pom.ts'

/** Java archives (jar, war, ear and their kin) with all that lies in them. */
export const javaInspector: Inspector = {
  name: 'java',
  mayWant: ({ path }) => isJavaArchive(path),
  inspect: async ({ path, layer, size, content }) => {
    if (size > LIMITS.archiveBytes) return { missed: true }
    const bytes = await readWhole(content, size)
    let missed = false
    const archive = readArchive(bytes, path, startZipBudget(), () => {
      missed = true
    })
    if (archive === undefined) return { missed: true }
    return { catalog: catalogArchive(archive, { path, ...(layer === undefined ? {} : { layer }) }), missed }
  },
}

/** A file whose size is known, without a second copy of it. What is longer than promised is cut off. */
async function readWhole(content: AsyncIterable<Uint8Array>, size: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(size)
  let at = 0
  for await (const piece of content) {
    bytes.set(piece.subarray(0, size - at), at)
    at += Math.min(piece.byteLength, size - at)
  }
  return bytes.subarray(0, at)
}

/** An archive needs what lies in it and what its own pom names; a package merged into it has only the latter. */
function catalogArchive(outer: JavaArchive, place: Place): Catalog {
  const components: Component[] = []
  const edges: Edge[] = []
  const loose: LooseEdge[] = []
  const near = [`${outer.path}!/`, `${directoryOf(outer.path)}/`]
  const claims: Claim[] = []
  const visit = (archive: JavaArchive, isOuter: boolean): string => {
    const purl = mavenPurl(archive.own)
    const isProgram = archive.inside.length > 0 || (isOuter && /\.[we]ar$/i.test(archive.path))
    components.push({
      ...componentOf(archive, archive.own, place),
      type: isProgram ? 'application' : 'library',
      hashes: hashesOf(archive.bytes),
    })
    loose.push(...needsOf(archive, archive.own, near))
    for (const [path, bytes] of archive.sboms) claims.push(...readClaims(bytes, { ...place, path }))
    for (const one of archive.merged) {
      components.push(componentOf(archive, one, place))
      loose.push(...needsOf(archive, one, near))
      edges.push({ from: purl, to: mavenPurl(one) })
    }
    for (const inner of archive.inside) edges.push({ from: purl, to: visit(inner, false) })
    return purl
  }
  visit(outer, true)
  return { components, edges, loose, claims, projects: [], read: [] }
}

function componentOf(archive: JavaArchive, one: Coordinates, { layer }: Place): Component {
  const licence = licenceOf(archive, one)
  return {
    purl: mavenPurl(one),
    name: one.artifact,
    version: one.version,
    type: 'library',
    hashes: {},
    ...(licence === undefined ? {} : { licence }),
    evidence: [{ cataloger: 'java', file: archive.path, method: 'binary', confidence: one === archive.own ? archive.confidence : 1 }],
    scope: 'required',
    ...(layer === undefined ? {} : { layer }),
  }
}

/** The archive is what a repository distributes: its SHA-1 is what repositories are asked by. */
function hashesOf(bytes: Uint8Array): Component['hashes'] {
  return Object.fromEntries(['sha1', 'sha256'].map((name) => [name, createHash(name).update(bytes).digest('hex')]))
}

function licenceOf(archive: JavaArchive, one: Coordinates): string | undefined {
  const pom = archive.poms.get(`${one.group}:${one.artifact}`)
  const declared = pom === undefined ? undefined : pomLicence(pom)
  const bundle = one === archive.own ? archive.manifest.get('bundle-license')?.split(';', 1)[0]?.trim() : undefined
  return declared ?? (bundle === '' ? undefined : bundle?.slice(0, 300))
}

/**
 * What a pom says is needed at run time, without versions: which one lies in the same archive, beside it or elsewhere is for the whole
 * target to say.
 */
function needsOf(archive: JavaArchive, one: Coordinates, near: readonly string[]): LooseEdge[] {
  const pom = archive.poms.get(`${one.group}:${one.artifact}`)
  if (pom === undefined) return []
  const lookUp = lookUpIn([pom])
  return pom.dependencies.flatMap(({ group, artifact, scope, optional }) => {
    const names = [resolveText(group, lookUp), resolveText(artifact, lookUp)]
    const isRuntime = !optional && (scope === '' || scope === 'compile' || scope === 'runtime')
    if (!isRuntime || names.includes(undefined)) return []
    return [{ from: mavenPurl(one), type: 'maven', namespace: names[0] ?? '', name: names[1] ?? '', near }]
  })
}
