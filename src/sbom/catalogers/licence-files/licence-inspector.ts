import { readAll } from '../../../kernel/bytes.ts'
import { LIMITS } from '../../../kernel/limits.ts'
import { classifyLicence } from '../../licence/classify.ts'
import { directoryOf, fileNameOf } from '../../path.ts'
import { NOTHING_FOUND } from '../cataloger.ts'
import type { LicenceFinding } from '../cataloger.ts'
import type { Inspector } from '../inspector.ts'
import { installedName } from '../npm/tree.ts'
import { readDebianCopyright } from './debian-copyright.ts'

const NAME = /^(?:un)?licen[cs]es?(?:[-._].*)?$|^copying(?:[-._].*)?$|^mit-licen[cs]e(?:\..*)?$/i
const CODE = /\.(?:[cm]?[jt]sx?|py[cio]?|map|json|ya?ml|css|scss|go|rs|rb|c|h|java|class|png|svg)$/i
const DEBIAN = /^usr\/share\/doc\/([^/]+)\/copyright$/
const SHARED = /^usr\/share\/licenses\/([^/]+)\//

/**
 * Licence files of installed packages: of npm, of Python's dist-info, of distributions. What they say is concluded with a confidence;
 * Debian's copyright files are what its maintainers declare.
 */
export const licenceInspector: Inspector = {
  name: 'licence-files',
  mayWant: ({ path, size }) => size > 0 && size <= LIMITS.licenceFileBytes && ownerOf(path) !== undefined,
  inspect: async ({ path, content }) => {
    const owner = ownerOf(path)
    if (owner === undefined) return undefined
    const text = new TextDecoder().decode(await readAll(content, LIMITS.licenceFileBytes, 'licenceFileBytes', path))
    const found = DEBIAN.test(path) ? readDebianCopyright(text) : classifyLicence(text)
    if (found === undefined) return undefined
    const licences: LicenceFinding[] = [{ of: owner, ...found, file: path, declared: DEBIAN.test(path) }]
    return { catalog: { ...NOTHING_FOUND, licences } }
  },
}

/** Whose licence a file is: of the package in a folder, or of one that a distribution knows by name. */
function ownerOf(path: string): LicenceFinding['of'] | undefined {
  const debian = DEBIAN.exec(path)?.[1]
  if (debian !== undefined) return { name: debian, types: ['deb'] }
  if (!NAME.test(fileNameOf(path)) || CODE.test(path)) return undefined
  const shared = SHARED.exec(path)?.[1]
  if (shared !== undefined) return { name: shared, types: ['rpm', 'alpm', 'apk'] }
  const folder = directoryOf(path)
  if (installedName(folder) !== undefined) return { folder }
  const info = /^(.*\.(?:dist-info|egg-info))(?:\/licenses?(?:\/.*)?)?$/.exec(folder)?.[1]
  return info === undefined ? undefined : { folder: info }
}
