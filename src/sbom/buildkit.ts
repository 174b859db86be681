import { basename } from 'node:path'
import { canonicalBytes, parseJson } from '../kernel/json.ts'
import { toSpdx } from './formats/spdx/write.ts'
import type { Sbom } from './model.ts'

/** What BuildKit tells a generator of SBOMs by its environment: what to look at, and where to write. */
export type BuildkitScan = { readonly source: string; readonly extras?: string; readonly destination: string }

/**
 * Whether this process was started by BuildKit as a generator of SBOMs (moby/buildkit, docs/attestations/sbom-protocol.md). Out: the
 * paths it names; undefined when it did not.
 */
export function readBuildkitScan(env: Readonly<Record<string, string | undefined>>): BuildkitScan | undefined {
  const { BUILDKIT_SCAN_SOURCE: source, BUILDKIT_SCAN_SOURCE_EXTRAS: extras, BUILDKIT_SCAN_DESTINATION: destination } = env
  if (source === undefined || source === '' || destination === undefined || destination === '') return undefined
  return { source, destination, ...(extras === undefined || extras === '' ? {} : { extras }) }
}

/** The file a scan is written to: the name of its target, which is the last part of its path. */
export function scanFileName(target: string): string {
  return `${basename(target)}.spdx.json`
}

/** A statement without subjects, which BuildKit fills in, around SPDX 2.3: what BuildKit takes. */
export function scanStatement(sbom: Sbom): Uint8Array {
  return canonicalBytes({
    _type: 'https://in-toto.io/Statement/v0.1',
    predicateType: 'https://spdx.dev/Document',
    predicate: parseJson(toSpdx(sbom), 'the SBOM', { code: 'bug' }),
    subject: [],
  })
}
