import { describe, expect, it } from 'vitest'
import type { Sbom } from '../../model.ts'
import { SAMPLE, shuffled } from '../test-sbom.ts'
import { snapshotContext, toGithubSnapshot } from './write.ts'

const CONTEXT = { sha: '0'.repeat(40), ref: 'refs/heads/main', job: { id: '7', correlator: 'ci sbom' } }
const write = (sbom: Sbom) => JSON.parse(new TextDecoder().decode(toGithubSnapshot(sbom, CONTEXT)))

describe('a dependency snapshot for GitHub', () => {
  it('has a manifest for each file, with how each package is needed there', () => {
    expect(write(SAMPLE)).toEqual({
      version: 0,
      ...CONTEXT,
      detector: { name: 'tally', version: '0.1.0', url: 'https://tallystick.dev' },
      scanned: '2026-11-25T00:00:00Z',
      manifests: {
        'package-lock.json': {
          name: 'package-lock.json',
          file: { source_location: 'package-lock.json' },
          resolved: {
            'pkg:npm/%40s/a@1.0.0': {
              package_url: 'pkg:npm/%40s/a@1.0.0',
              relationship: 'direct',
              scope: 'runtime',
              dependencies: ['pkg:npm/b@2.0.0'],
            },
            'pkg:npm/b@2.0.0': { package_url: 'pkg:npm/b@2.0.0', relationship: 'indirect', scope: 'runtime', dependencies: [] },
            'pkg:npm/c@3.0.0': { package_url: 'pkg:npm/c@3.0.0', relationship: 'direct', scope: 'development', dependencies: [] },
            'pkg:npm/d': { package_url: 'pkg:npm/d', relationship: 'direct', scope: 'runtime', dependencies: [] },
          },
        },
      },
    })
  })

  it('gives the same bytes for the same SBOM in any order', () => {
    expect(toGithubSnapshot(shuffled(SAMPLE), CONTEXT)).toEqual(toGithubSnapshot(SAMPLE, CONTEXT))
  })

  it('takes its context from the environment of a workflow', () => {
    const env = {
      GITHUB_SHA: 'abc',
      GITHUB_REF: 'refs/heads/x',
      GITHUB_RUN_ID: '9',
      GITHUB_WORKFLOW: 'CI',
      GITHUB_JOB: 'sbom',
      GITHUB_SERVER_URL: 'https://git.example',
      GITHUB_REPOSITORY: 'o/r',
    }
    expect(snapshotContext(env)).toEqual({
      sha: 'abc',
      ref: 'refs/heads/x',
      job: { id: '9', correlator: 'CI sbom', html_url: 'https://git.example/o/r/actions/runs/9' },
    })
    expect(snapshotContext({})).toEqual({ sha: '', ref: '', job: { id: '', correlator: 'tally' } })
  })
})
