import { malformed } from '../../byte-view.ts'
import { textOf } from '../../../kernel/bytes.ts'
import { fileNameOf } from '../../path.ts'
import type { LockGraph, LockNode } from '../lock-graph.ts'
import { lockfileCataloger } from '../lockfile-cataloger.ts'
import type { Cataloger } from '../cataloger.ts'
import { isCoordinate, mavenPurl } from './coordinates.ts'

/** Of a project, and of the plugins that build it. */
const LOCKFILES = new Set(['gradle.lockfile', 'buildscript-gradle.lockfile'])

/** Gradle's lockfiles. They list packages without saying which needs which. */
export const gradleCataloger: Cataloger = lockfileCataloger({
  name: 'gradle',
  only: { names: [...LOCKFILES] },
  isLock: (path) => LOCKFILES.has(fileNameOf(path)),
  coversNames: ['build.gradle', 'build.gradle.kts'],
  parse: ({ bytes, path }) => parseGradleLock(bytes, path),
})

/**
 * Reads lines of `group:artifact:version=configurations` (Gradle manual, "Locking Dependency Versions"). What only builds and tests
 * use is `dev`: configurations are Gradle's own words, of which those that end in `runtimeClasspath` and are not a test's run.
 */
function parseGradleLock(bytes: Uint8Array, where: string): LockGraph {
  const nodes = new Map<string, LockNode>()
  const isBuild = fileNameOf(where).startsWith('buildscript-')
  for (const [at, line] of textOf(bytes, 'artifact-malformed', where).split(/\r?\n/).entries()) {
    if (line.trim() === '' || line.startsWith('#') || line.startsWith('empty=')) continue
    const [coordinates = '', configurations = ''] = line.split('=', 2)
    const [group = '', artifact = '', version = '', ...rest] = coordinates.split(':')
    if (rest.length > 0 || ![group, artifact, version].every(isCoordinate)) {
      throw malformed(`${where}:${at + 1}`, 'is not a line of a lockfile of Gradle: group:artifact:version=configurations')
    }
    const runs = !isBuild && configurations.split(',').some(isRuntime)
    const purl = mavenPurl({ group, artifact, version })
    nodes.set(purl, { purl, name: artifact, version, needs: [], ...(runs ? {} : { marked: 'dev' }) })
  }
  return { nodes, projects: [] }
}

function isRuntime(configuration: string): boolean {
  return /(?:^runtime|^default|runtimeClasspath)$/i.test(configuration) && !/test/i.test(configuration)
}
