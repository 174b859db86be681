import { utf8 } from '../../kernel/bytes.ts'
import { fail } from '../../kernel/errors.ts'
import type { Sbom } from '../model.ts'
import { CYCLONEDX_VERSIONS, DEFAULT_CYCLONEDX } from './cyclonedx/versions.ts'
import { toCycloneDx } from './cyclonedx/write.ts'
import { toGithubSnapshot } from './github/write.ts'
import type { SnapshotContext } from './github/write.ts'
import { toPurlList } from './purl-list.ts'
import { toSpdx } from './spdx/write.ts'
import { toSpdx3 } from './spdx3/write.ts'
import { toTable } from './table.ts'

/** Every format an SBOM is written in, with its versions, the usual one first. */
export const SBOM_FORMATS: Readonly<Record<string, readonly string[]>> = {
  table: [],
  'cyclonedx-json': [DEFAULT_CYCLONEDX, ...CYCLONEDX_VERSIONS.filter((version) => version !== DEFAULT_CYCLONEDX).toReversed()],
  'spdx-json': ['2.3', '3.0.1'],
  'github-json': [],
  purls: [],
}

export type SbomFormat = { readonly name: string; readonly version: string }

/** Reads `name` or `name@version`. Throws `usage` naming what there is. */
export function parseSbomFormat(text: string, where: string): SbomFormat {
  const [name = '', version] = text.split('@', 2)
  const versions = Object.hasOwn(SBOM_FORMATS, name) ? SBOM_FORMATS[name] : undefined
  if (versions === undefined) {
    throw fail('usage', 'is no format of SBOMs', {
      where: `${where} ${text.slice(0, 60)}`,
      hint: `formats: ${Object.keys(SBOM_FORMATS).join(', ')}`,
    })
  }
  if (version === undefined) return { name, version: versions[0] ?? '' }
  const found = versions.find((one) => one === version || (version.length >= 3 && one.startsWith(`${version}.`)))
  if (found === undefined) {
    const hint = versions.length === 0 ? `${name} has no versions` : `versions: ${versions.join(', ')}`
    throw fail('usage', 'is a version that is not written', { where: `${where} ${text.slice(0, 60)}`, hint })
  }
  return { name, version: found }
}

/** An SBOM in a format. `snapshot` is what GitHub wants to know beside it, `columns` how wide a table may get. */
export function writeSbom(sbom: Sbom, { name, version }: SbomFormat, snapshot: SnapshotContext, columns?: number): Uint8Array {
  switch (name) {
    case 'cyclonedx-json':
      return toCycloneDx(sbom, CYCLONEDX_VERSIONS.find((one) => one === version) ?? DEFAULT_CYCLONEDX)
    case 'spdx-json':
      return version.startsWith('3') ? toSpdx3(sbom) : toSpdx(sbom)
    case 'github-json':
      return toGithubSnapshot(sbom, snapshot)
    case 'purls':
      return utf8(toPurlList(sbom))
    default:
      return utf8(toTable(sbom, columns))
  }
}
