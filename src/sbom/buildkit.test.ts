import { describe, expect, it } from 'vitest'
import { textOf } from '../kernel/bytes.ts'
import { readBuildkitScan, scanFileName, scanStatement } from './buildkit.ts'

describe('what BuildKit asks a generator for', () => {
  it.each([
    [{}, undefined],
    [{ BUILDKIT_SCAN_SOURCE: '/core' }, undefined],
    [{ BUILDKIT_SCAN_DESTINATION: '/out' }, undefined],
    [
      { BUILDKIT_SCAN_SOURCE: '/core/sbom', BUILDKIT_SCAN_DESTINATION: '/out', BUILDKIT_SCAN_SOURCE_EXTRAS: '' },
      { source: '/core/sbom', destination: '/out' },
    ],
    [
      { BUILDKIT_SCAN_SOURCE: '/core/sbom', BUILDKIT_SCAN_DESTINATION: '/out', BUILDKIT_SCAN_SOURCE_EXTRAS: '/extras' },
      { source: '/core/sbom', destination: '/out', extras: '/extras' },
    ],
  ])('%j means %j', (env, scan) => expect(readBuildkitScan(env)).toEqual(scan))

  it('is written to a file with the name of the target', () => {
    expect(scanFileName('/run/src/core/sbom')).toBe('sbom.spdx.json')
    expect(scanFileName('/run/src/extras/build-stage/')).toBe('build-stage.spdx.json')
  })

  it('is a statement about SPDX whose subjects are for BuildKit to fill in', () => {
    const statement = JSON.parse(
      textOf(
        scanStatement({
          subject: { name: 'sbom', version: '', digests: {} },
          components: [],
          edges: [],
          completeness: 'complete',
          created: '2026-11-25T00:00:00Z',
          tool: { name: 'tally', version: '1' },
        }),
      ),
    ) as { predicate: { spdxVersion: string } }
    expect(statement).toMatchObject({ _type: 'https://in-toto.io/Statement/v0.1', predicateType: 'https://spdx.dev/Document', subject: [] })
    expect(statement.predicate.spdxVersion).toBe('SPDX-2.3')
  })
})
