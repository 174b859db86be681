import { TallyError } from '../../../kernel/errors.ts'
import type { LimitName } from '../../../kernel/limits.ts'
import { LIMITS } from '../../../kernel/limits.ts'
import { looksLikeZip, openZip } from '../../archive/zip.ts'
import type { Zip, ZipBudget, ZipEntry } from '../../archive/zip.ts'
import { fileNameOf } from '../../path.ts'
import { guessCoordinates } from './archive-name.ts'
import { isCoordinate } from './coordinates.ts'
import type { Coordinates } from './coordinates.ts'
import { parsePom } from './pom.ts'
import type { Pom } from './pom.ts'
import { parseManifest, parsePomProperties } from './properties.ts'

/** A Java archive and those inside of it. */
export type JavaArchive = {
  /** `opt/app.war!/WEB-INF/lib/x.jar`. */
  readonly path: string
  readonly bytes: Uint8Array
  readonly own: Coordinates
  /** How sure the coordinates are, from 0 to 1: Maven's own file says them, or a manifest and a file name let guess them. */
  readonly confidence: number
  /** What Maven's files inside tell of packages that were merged into this archive. */
  readonly merged: readonly Coordinates[]
  /** Poms inside, by `group:artifact`. */
  readonly poms: ReadonlyMap<string, Pom>
  readonly manifest: ReadonlyMap<string, string>
  readonly inside: readonly JavaArchive[]
  /** SBOMs that its build put in, by their paths: claims. */
  readonly sboms: ReadonlyMap<string, Uint8Array>
}

/** Whether a name is that of a Java archive. */
export function isJavaArchive(path: string): boolean {
  return /\.(?:[jwesr]ar|par|kar|nar|lpkg|[jh]pi)$/i.test(path)
}

const MANIFEST = 'META-INF/MANIFEST.MF'
/** Where builds of Spring Boot and others put one. */
const SBOM = /^META-INF\/sbom\/[^/]+\.json$/
const MAVEN = /^META-INF\/maven\/[^/]+\/[^/]+\/pom\.(?:properties|xml)$/

/**
 * Looks into a Java archive and the archives inside of it. In: its bytes, its path, the budget of the outermost one, and who is told of
 * what could not be read. Undefined when it is no zip archive.
 */
export function readArchive(bytes: Uint8Array, path: string, budget: ZipBudget, onMissed: () => void, depth = 0): JavaArchive | undefined {
  const zip = depth > LIMITS.archiveDepth ? undefined : open(bytes, path, budget)
  if (zip === undefined) {
    onMissed()
    return undefined
  }
  const read = (entry: ZipEntry, limit: LimitName): Uint8Array | undefined => attempt(() => zip.read(entry, limit), onMissed)
  const found: Coordinates[] = []
  const poms = new Map<string, Pom>()
  const inside: JavaArchive[] = []
  const sboms = new Map<string, Uint8Array>()
  let manifest: ReadonlyMap<string, string> = new Map()
  for (const entry of zip.entries) {
    if (entry.path.toUpperCase() === MANIFEST) manifest = parseManifest(read(entry, 'archiveTextBytes') ?? new Uint8Array(0))
    else if (MAVEN.test(entry.path))
      takeMaven(entry.path, read(entry, 'archiveTextBytes'), { found, poms, where: `${path}!/${entry.path}`, onMissed })
    else if (SBOM.test(entry.path)) sboms.set(`${path}!/${entry.path}`, read(entry, 'archiveTextBytes') ?? new Uint8Array(0))
    else if (isJavaArchive(entry.path)) {
      const content = read(entry, 'archiveBytes')
      const archive = content === undefined ? undefined : readArchive(content, `${path}!/${entry.path}`, budget, onMissed, depth + 1)
      if (archive !== undefined) inside.push(archive)
    }
  }
  const known = new Set(found.map(({ group, artifact }) => `${group}:${artifact}`))
  for (const [name, { group, artifact, version }] of poms) {
    // Some build tools put in the pom alone.
    if (!known.has(name) && [group, artifact, version].every(isCoordinate)) found.push({ group, artifact, version })
  }
  const own = ownOf(fileNameOf(path), found)
  return {
    path,
    bytes,
    own: own ?? guessCoordinates(fileNameOf(path), manifest),
    confidence: own === undefined ? 0.5 : 1,
    merged: found.filter((one) => one !== own),
    poms,
    manifest,
    inside,
    sboms,
  }
}

function open(bytes: Uint8Array, path: string, budget: ZipBudget): Zip | undefined {
  // A script may stand before the archive; anything else that does not begin as one is none.
  if (!looksLikeZip(bytes) && !(bytes[0] === 0x23 && bytes[1] === 0x21)) return undefined
  return attempt(
    () => openZip(bytes, path, budget),
    () => undefined,
  )
}

/** A broken or oversized part of somebody's archive is missed, and the rest read. */
function attempt<T>(run: () => T, onMissed: () => void): T | undefined {
  try {
    return run()
  } catch (error) {
    if (!(error instanceof TallyError) || (error.code !== 'artifact-malformed' && error.code !== 'limit-exceeded')) throw error
    onMissed()
    return undefined
  }
}

type Maven = { readonly found: Coordinates[]; readonly poms: Map<string, Pom>; readonly where: string; readonly onMissed: () => void }

function takeMaven(entryPath: string, bytes: Uint8Array | undefined, { found, poms, where }: Maven): void {
  if (bytes === undefined) return
  if (entryPath.endsWith('.properties')) {
    const one = parsePomProperties(bytes)
    if (one !== undefined) found.push(one)
    return
  }
  // A pom only adds licence and needs: a broken one costs no package.
  const pom = attempt(
    () => parsePom(bytes, where),
    () => undefined,
  )
  if (pom !== undefined) poms.set(`${pom.group}:${pom.artifact}`, pom)
}

/**
 * Which of the packages Maven's files name the archive itself is: the one its file is named after, of several the longest name; the
 * only one, whatever the file is called.
 */
function ownOf(fileName: string, found: readonly Coordinates[]): Coordinates | undefined {
  if (found.length === 1) return found[0]
  const base = fileName.replace(/\.[^.]*$/, '')
  const named = found.filter(({ artifact }) => base === artifact || base.startsWith(`${artifact}-`))
  return named.toSorted((a, b) => b.artifact.length - a.artifact.length)[0]
}
