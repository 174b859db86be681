import { describe, expect, it } from 'vitest'
import { fuzzCataloger } from '../../fuzz-fixture.ts'
import { catalogTexts, shownComponents, shownEdges } from '../test-catalog.ts'
import { conanCataloger } from './conan-cataloger.ts'

const ONE = JSON.stringify({
  graph_lock: {
    nodes: {
      '0': { ref: null, requires: ['1'], path: 'conanfile.txt' },
      '1': { ref: 'poco/1.12.4@acme/stable#rrev:pid#prev', requires: ['2'] },
      '2': { ref: 'zlib/1.2.13#0f' },
      '3': { ref: 'me/1.0', path: '../conanfile.py' },
    },
  },
  version: '0.4',
})
const TWO = JSON.stringify({
  version: '0.5',
  requires: ['zlib/1.3.1#0f%170', 'fmt/10.1@'],
  build_requires: ['cmake/3.27#01', 'zlib/1.3.1#0f%170'],
  python_requires: [['tool/1', {}]],
})

describe('conan.lock', () => {
  it('of version 1 lists packages and what needs which', () => {
    const found = catalogTexts(conanCataloger, { 'conan.lock': ONE }, 'runtime-closure')
    expect(shownComponents(found)).toEqual([
      'required conan/poco@1.12.4?channel=stable&rrev=rrev&user=acme',
      'required conan/zlib@1.2.13?rrev=0f',
    ])
    expect(shownEdges(found)).toEqual(['conan/poco@1.12.4?channel=stable&rrev=rrev&user=acme > conan/zlib@1.2.13?rrev=0f'])
    expect(found.read).toEqual(['conan.lock', 'conanfile.txt', 'conanfile.py'])
  })

  it('of version 2 tells what only builds', () => {
    expect(shownComponents(catalogTexts(conanCataloger, { 'conan.lock': TWO }))).toEqual([
      'dev conan/cmake@3.27?rrev=01',
      'dev conan/tool@1',
      'required conan/fmt@10.1',
      'required conan/zlib@1.3.1?rrev=0f',
    ])
    expect(shownComponents(catalogTexts(conanCataloger, { 'conan.lock': TWO }, 'runtime-closure'))).toHaveLength(2)
  })

  it.each(['', '[]', '{"requires":[1]}'])('is refused as %j', (text) => {
    expect(() => catalogTexts(conanCataloger, { 'conan.lock': text }, 'runtime-closure')).toThrow(
      expect.objectContaining({ code: 'artifact-malformed' }),
    )
  })

  it('is read or refused when it is damaged: 10,000 seeded mutations', { timeout: 120_000 }, async () => {
    for (const text of [ONE, TWO])
      expect((await fuzzCataloger(conanCataloger, { 'conan.lock': text }, { rounds: 5000 })).strange).toEqual([])
  })
})
