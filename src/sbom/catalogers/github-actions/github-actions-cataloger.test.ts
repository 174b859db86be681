import { describe, expect, it } from 'vitest'
import { fuzzCataloger } from '../../fuzz-fixture.ts'
import { catalogTexts, shownComponents } from '../test-catalog.ts'
import { githubActionsCataloger } from './github-actions-cataloger.ts'

const SHA = '0123456789'.repeat(4)
const WORKFLOW = `on: [push]
jobs:
  build:
    runs-on: ubuntu-latest
    container: node:20
    services:
      db: {image: "db.example/postgres:16"}
    steps:
      - uses: actions/checkout@${SHA} # v4
      - uses: Acme/tools/sub/path@v1
      - uses: ./local
      - uses: docker://alpine:3.19
      - run: |
          uses: not/this@v1
  reuse:
    uses: acme/shared/.github/workflows/build.yml@main
  odd:
    steps: x
`
const ACTION = 'name: x\nruns:\n  using: composite\n  steps:\n    - uses: actions/cache@v4\n    - 1\n'
const FILES = {
  '.github/workflows/ci.yml': WORKFLOW,
  'tool/action.yml': ACTION,
  'image/action.yaml': 'runs:\n  using: docker\n  image: docker://debian:12\n',
}

describe('workflows and actions', () => {
  it('use other actions, workflows and images', () => {
    expect(shownComponents(catalogTexts(githubActionsCataloger, FILES))).toEqual([
      'dev docker/alpine@3.19',
      'dev docker/debian@12',
      'dev docker/node@20',
      'dev docker/postgres@16?repository_url=db.example',
      'dev github/acme/shared@main#.github/workflows/build.yml',
      'dev github/acme/tools@v1#sub/path',
      'dev github/actions/cache@v4',
      `dev github/actions/checkout@${SHA}`,
    ])
  })

  it('are nothing of a closure, nor where packages carry them', () => {
    expect(githubActionsCataloger.wants('.github/workflows/ci.yml', 'runtime-closure')).toBe(false)
    expect(githubActionsCataloger.wants('node_modules/x/.github/workflows/ci.yml', 'installed')).toBe(false)
    expect(githubActionsCataloger.wants('.github/dependabot.yml', 'installed')).toBe(false)
  })

  it('are passed over when they are no YAML, or YAML of another shape', () => {
    for (const text of ['{', 'jobs: [1]', 'jobs: {a: {steps: {uses: x/y@v1}}}', '', 'uses: a/b@v1']) {
      expect(catalogTexts(githubActionsCataloger, { 'a/action.yml': text }).components).toEqual([])
    }
  })

  it('are read or passed over when they are damaged: 10,000 seeded mutations', { timeout: 120_000 }, async () => {
    const outcome = await fuzzCataloger(githubActionsCataloger, FILES, { mode: 'installed' })
    expect(outcome.strange).toEqual([])
    expect(outcome.read).toBe(10_000)
  })
})
