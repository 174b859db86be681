import { addToGroup } from '../../../kernel/groups.ts'
import { utf8 } from '../../../kernel/bytes.ts'
import { compareText } from '../../../package/digits.ts'
import type { Component, Sbom } from '../../model.ts'

/** What a snapshot is of: the commit and ref, and the job that made it. GitHub refuses one without them. */
export type SnapshotContext = {
  readonly sha: string
  readonly ref: string
  readonly job: { readonly id: string; readonly correlator: string; readonly html_url?: string }
}

/** The context GitHub Actions gives in the environment; elsewhere its fields are empty, for somebody to fill. */
export function snapshotContext(env: Readonly<Record<string, string | undefined>>): SnapshotContext {
  const { GITHUB_SHA: sha = '', GITHUB_REF: ref = '', GITHUB_RUN_ID: id = '', GITHUB_WORKFLOW: workflow, GITHUB_JOB: job } = env
  const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: repository } = env
  const address = server === undefined || repository === undefined || id === '' ? undefined : `${server}/${repository}/actions/runs/${id}`
  return {
    sha,
    ref,
    job: {
      id,
      correlator: [workflow, job].filter((part) => part !== undefined && part !== '').join(' ') || 'tally',
      ...(address === undefined ? {} : { html_url: address }),
    },
  }
}

/**
 * An SBOM as a dependency snapshot for GitHub's dependency submission API (REST, 2022-11-28): a manifest for each file that
 * packages were found by, each package with its needs among the packages of that file.
 */
export function toGithubSnapshot(sbom: Sbom, context: SnapshotContext): Uint8Array {
  const direct = new Set(sbom.edges.filter(({ from }) => from === sbom.subject.purl).map(({ to }) => to))
  const needs = new Map<string, string[]>()
  for (const { from, to } of sbom.edges) addToGroup(needs, from, to)
  const manifests = [...byFile(sbom.components)].map(([file, components]) => {
    const inside = new Set(components.map(({ purl }) => purl))
    const resolved = components.map((component) => {
      const dependencies = (needs.get(component.purl) ?? []).filter((purl) => inside.has(purl))
      return [component.purl, entryOf(component, direct.has(component.purl), dependencies.toSorted(compareText))] as const
    })
    return [file, { name: file, file: { source_location: file }, resolved: Object.fromEntries(resolved) }] as const
  })
  const snapshot = {
    version: 0,
    ...context,
    detector: { name: sbom.tool.name, version: sbom.tool.version || 'unknown', url: 'https://tallystick.dev' },
    scanned: sbom.created,
    manifests: Object.fromEntries(manifests),
  }
  return utf8(`${JSON.stringify(snapshot, null, 2)}\n`)
}

function entryOf({ purl, scope }: Component, direct: boolean, dependencies: readonly string[]): object {
  return {
    package_url: purl,
    relationship: direct ? 'direct' : 'indirect',
    scope: scope === 'dev' ? 'development' : 'runtime',
    dependencies,
  }
}

function byFile(components: readonly Component[]): [string, Component[]][] {
  const files = new Map<string, Component[]>()
  for (const component of components.toSorted((a, b) => compareText(a.purl, b.purl))) {
    const found = new Set(component.evidence.map(({ file }) => file))
    for (const file of found.size === 0 ? ['unknown'] : found) addToGroup(files, file, component)
  }
  return [...files].toSorted(([a], [b]) => compareText(a, b))
}
