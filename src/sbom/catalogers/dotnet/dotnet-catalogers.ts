import { directoryOf, fileNameOf } from '../../path.ts'
import type { Cataloger } from '../cataloger.ts'
import { lockfileCataloger } from '../lockfile-cataloger.ts'
import { parsePackagesConfig } from './packages-config.ts'
import { parsePackagesLock } from './packages-lock.ts'
import { parseTargets } from './targets.ts'

const ASSETS = 'project.assets.json'
const LOCKFILES: readonly string[] = ['packages.lock.json', 'packages.config', ASSETS]

/** NuGet's lockfiles: packages.lock.json, project.assets.json of a restored project, packages.config of old ones. */
export const nugetCataloger: Cataloger = lockfileCataloger({
  name: 'nuget',
  only: { names: LOCKFILES, endings: ['csproj', 'fsproj', 'vbproj'] },
  isLock: (path) => LOCKFILES.includes(fileNameOf(path)),
  isBeside: isProjectFile,
  covers: (path, lock) => {
    const home = fileNameOf(lock.path) === ASSETS && fileNameOf(lock.directory) === 'obj' ? directoryOf(lock.directory) : lock.directory
    return isProjectFile(path) && directoryOf(path) === home
  },
  parse: ({ path, bytes, directory }) => {
    if (fileNameOf(path) === ASSETS) return parseTargets(bytes, path, directory)
    return path.endsWith('.config') ? parsePackagesConfig(bytes, path) : parsePackagesLock(bytes, path, directory)
  },
})

/** Published applications of .NET, and its shared frameworks: `<name>.deps.json`. */
export const dotnetAppCataloger: Cataloger = lockfileCataloger({
  name: 'dotnet-deps',
  method: 'installed',
  only: { endings: ['json'] },
  isLock: (path, mode) => mode === 'installed' && path.endsWith('.deps.json'),
  parse: ({ path, bytes, directory }) => parseTargets(bytes, path, directory),
})

function isProjectFile(path: string): boolean {
  return /\.(?:cs|fs|vb)proj$/.test(path)
}
