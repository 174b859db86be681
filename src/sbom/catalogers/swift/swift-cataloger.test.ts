import { describe, expect, it } from 'vitest'
import { fuzzCataloger } from '../../fuzz-fixture.ts'
import { catalogTexts, shownComponents } from '../test-catalog.ts'
import { swiftCataloger } from './swift-cataloger.ts'

const NEW = JSON.stringify({
  version: 3,
  originHash: 'x',
  pins: [
    {
      identity: 'swift-nio',
      kind: 'remoteSourceControl',
      location: 'https://git.example/apple/swift-nio.git',
      state: { revision: '01', version: '2.62.0' },
    },
    { identity: 'ssh', kind: 'remoteSourceControl', location: 'git@git.example:acme/ssh.git', state: { revision: '02', branch: 'main' } },
    { identity: 'port', kind: 'remoteSourceControl', location: 'ssh://me@git.example:2222/acme/port', state: { version: '1.0.0' } },
    { identity: 'mona.linked-list', kind: 'registry', location: '', state: { version: '1.2.0' } },
    { identity: 'local', kind: 'localSourceControl', location: '/', state: {} },
  ],
})
const OLD = JSON.stringify({
  version: 1,
  object: {
    pins: [
      { package: 'NIO', repositoryURL: 'https://git.example/apple/swift-nio', state: { branch: null, revision: '01', version: '2.0.0' } },
    ],
  },
})

describe('Package.resolved', () => {
  it('lists what is pinned, by host and path of its repository', () => {
    const found = catalogTexts(swiftCataloger, { 'Package.resolved': NEW }, 'runtime-closure')
    expect(shownComponents(found)).toEqual([
      'required generic/local',
      'required swift/git.example/acme/port@1.0.0',
      'required swift/git.example/acme/ssh@02',
      'required swift/git.example/apple/swift-nio@2.62.0',
      'required swift/mona/linked-list@1.2.0',
    ])
    expect(found.read).toEqual(['Package.resolved', 'Package.swift'])
  })

  it('is read in its first version, where Xcode puts it', () => {
    const path = 'App.xcodeproj/project.xcworkspace/xcshareddata/swiftpm/Package.resolved'
    expect(shownComponents(catalogTexts(swiftCataloger, { [path]: OLD }))).toEqual(['required swift/git.example/apple/swift-nio@2.0.0'])
  })

  it.each(['', '{}', '{"pins":[{}]}', '{"object":{}}'])('is refused as %j', (text) => {
    expect(() => catalogTexts(swiftCataloger, { 'Package.resolved': text }, 'runtime-closure')).toThrow(
      expect.objectContaining({ code: 'artifact-malformed' }),
    )
  })

  it('is read or refused when it is damaged: 10,000 seeded mutations', { timeout: 120_000 }, async () => {
    for (const text of [NEW, OLD])
      expect((await fuzzCataloger(swiftCataloger, { 'Package.resolved': text }, { rounds: 5000 })).strange).toEqual([])
  })
})
