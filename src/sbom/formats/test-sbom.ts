import type { Component, Sbom } from '../model.ts'

const LOCKFILE: Component['evidence'] = [{ cataloger: 'npm', file: 'package-lock.json', method: 'lockfile', confidence: 1 }]

/** For tests: an SBOM with something of everything. */
export const SAMPLE: Sbom = {
  subject: { name: 'app', version: '1.0.0', purl: 'pkg:npm/app@1.0.0', digests: { sha256: 'ab'.repeat(32) } },
  components: [
    {
      purl: 'pkg:npm/%40s/a@1.0.0',
      name: '@s/a',
      version: '1.0.0',
      type: 'library',
      hashes: { sha512: 'cd'.repeat(64) },
      licence: 'MIT',
      evidence: LOCKFILE,
      scope: 'required',
    },
    {
      purl: 'pkg:npm/b@2.0.0',
      name: 'b',
      version: '2.0.0',
      type: 'library',
      hashes: {},
      licence: 'Apache-2.0 OR MIT',
      evidence: LOCKFILE,
      scope: 'optional',
    },
    {
      purl: 'pkg:npm/c@3.0.0',
      name: 'c',
      version: '3.0.0',
      type: 'library',
      hashes: {},
      licence: 'SEE LICENSE IN <file>',
      evidence: LOCKFILE,
      scope: 'dev',
    },
    {
      purl: 'pkg:npm/d',
      name: 'd',
      version: '',
      type: 'application',
      hashes: {},
      evidence: LOCKFILE,
      scope: 'required',
      layer: `sha256:${'ef'.repeat(32)}`,
    },
  ],
  edges: [
    { from: 'pkg:npm/%40s/a@1.0.0', to: 'pkg:npm/b@2.0.0' },
    { from: 'pkg:npm/app@1.0.0', to: 'pkg:npm/%40s/a@1.0.0' },
    { from: 'pkg:npm/app@1.0.0', to: 'pkg:npm/c@3.0.0' },
    { from: 'pkg:npm/app@1.0.0', to: 'pkg:npm/d' },
  ],
  completeness: 'incomplete',
  created: '2026-11-25T00:00:00Z',
  tool: { name: 'tally', version: '0.1.0' },
}

const [FIRST, ...OTHERS] = SAMPLE.components

/** For tests: an SBOM whose first component has every field there is, and whose last one is a model. */
export const FULL: Sbom = {
  ...SAMPLE,
  author: { name: 'Some Author', contact: 'author@host.example' },
  phase: 'post-build',
  components: [
    {
      ...(FIRST ?? { purl: '', name: '', version: '', type: 'library', evidence: [], scope: 'required' }),
      hashes: { sha256: 'ab'.repeat(32) },
      concluded: { licence: 'MIT', confidence: 0.9, file: 'LICENSE' },
      producer: { name: 'Maker [of a]', contact: 'https://maker.example/' },
      range: '^1.0',
      distributions: [{ url: 'https://files.example/a%20b.tgz', hashes: { sha256: 'ab'.repeat(32) } }],
      layer: `sha256:${'ef'.repeat(32)}`,
      withheld: ['evidence'],
      properties: { 'npm:x': 'y=z' },
    },
    ...OTHERS,
    {
      purl: 'pkg:pypi/model@1',
      name: 'model',
      version: '1',
      type: 'machine-learning-model',
      hashes: {},
      evidence: [{ cataloger: 'ml-model', file: 'x.gguf', method: 'binary', confidence: 1 }],
      scope: 'required',
      properties: { 'model:format': 'GGUF 3' },
    },
  ],
  edges: [...SAMPLE.edges, { from: 'pkg:npm/app@1.0.0', to: 'pkg:pypi/model@1' }],
}

/** The same SBOM in another order. */
export function shuffled(sbom: Sbom): Sbom {
  return { ...sbom, components: sbom.components.toReversed(), edges: sbom.edges.toReversed() }
}
