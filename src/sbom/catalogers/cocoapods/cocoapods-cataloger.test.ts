import { describe, expect, it } from 'vitest'
import { fuzzCataloger } from '../../fuzz-fixture.ts'
import { catalogTexts, shownComponents, shownEdges } from '../test-catalog.ts'
import { cocoapodsCataloger } from './cocoapods-cataloger.ts'

const LOCK = `PODS:
  - AFNetworking (4.0.1):
    - AFNetworking/NSURLSession (= 4.0.1)
    - Absent
  - AFNetworking/NSURLSession (4.0.1)
  - "Quoted+Pod (1.0)"
  - Local (0.1.0)

DEPENDENCIES:
  - AFNetworking (~> 4.0)
  - Local (from \`../Local\`)

SPEC REPOS:
  trunk:
    - AFNetworking

SPEC CHECKSUMS:
  AFNetworking: 3bd23d814e976cd148d7d44c3ab78017b744cd58

PODFILE CHECKSUM: 2b85
COCOAPODS: 1.15.2
`

describe('Podfile.lock', () => {
  it('lists pods and parts of pods, and what needs which', () => {
    const found = catalogTexts(cocoapodsCataloger, { 'Podfile.lock': LOCK }, 'runtime-closure')
    expect(shownComponents(found)).toEqual([
      'required cocoapods/AFNetworking@4.0.1',
      'required cocoapods/AFNetworking@4.0.1#NSURLSession',
      'required cocoapods/Local@0.1.0',
      'required cocoapods/Quoted%2BPod@1.0',
    ])
    expect(shownEdges(found)).toEqual([
      'cocoapods/AFNetworking@4.0.1 > cocoapods/AFNetworking@4.0.1#NSURLSession',
      'generic/project > cocoapods/AFNetworking@4.0.1',
      'generic/project > cocoapods/Local@0.1.0',
    ])
    expect(found.read).toEqual(['Podfile.lock', 'Podfile'])
  })

  it.each(['PODS: x', 'PODS:\n  - A (1):\n      - {}\n', '{'])('is refused as %j', (text) => {
    expect(() => catalogTexts(cocoapodsCataloger, { 'Podfile.lock': text }, 'runtime-closure')).toThrow(
      expect.objectContaining({ code: 'artifact-malformed' }),
    )
  })

  it('is read or refused when it is damaged: 10,000 seeded mutations', { timeout: 120_000 }, async () => {
    expect((await fuzzCataloger(cocoapodsCataloger, { 'Podfile.lock': LOCK })).strange).toEqual([])
  })
})
