import type { YamlEntry, YamlMap, YamlNode } from '../../../kernel/yaml-node.ts'
import { yamlEntry, yamlGet, yamlString } from '../../../kernel/yaml-node.ts'
import type { CheckFile } from '../../rule.ts'

const WORKFLOW = /^(?:.*\/)?\.github\/workflows\/[^/]+\.ya?ml$/i
const ACTION = /^(?:.*\/)?action\.ya?ml$/i

/** Whether a path is a GitHub Actions workflow. */
export function isWorkflow(path: string): boolean {
  return WORKFLOW.test(path)
}

/** Whether a path is the definition of an action (composite actions have steps too). */
export function isAction(path: string): boolean {
  return ACTION.test(path)
}

export type Job = { readonly id: YamlEntry; readonly node: YamlMap }
export type Step = { readonly node: YamlMap; readonly job: Job | undefined }

/** The one document of a workflow or action; undefined when it is empty or no map. */
export function rootOf(file: CheckFile): YamlMap | undefined {
  const [root] = file.yaml()
  return root?.kind === 'map' ? root : undefined
}

export function jobsOf(root: YamlMap): readonly Job[] {
  const jobs = yamlGet(root, 'jobs')
  if (jobs?.kind !== 'map') return []
  return jobs.entries.flatMap((id) => (id.value.kind === 'map' ? [{ id, node: id.value }] : []))
}

/** All steps: of the jobs of a workflow, or of a composite action. */
export function stepsOf(root: YamlMap): readonly Step[] {
  const ofJobs = jobsOf(root).flatMap((job) => maps(yamlGet(job.node, 'steps')).map((node) => ({ node, job })))
  const ofAction = maps(yamlGet(yamlGet(root, 'runs'), 'steps')).map((node) => ({ node, job: undefined }))
  return [...ofJobs, ...ofAction]
}

/** Every `uses` there is: steps, and jobs that call a reusable workflow. */
export function usesOf(root: YamlMap): readonly { readonly text: string; readonly node: YamlNode }[] {
  const holders = [...jobsOf(root).map((job) => job.node), ...stepsOf(root).map((step) => step.node)]
  return holders.flatMap((holder) => {
    const node = yamlGet(holder, 'uses')
    const text = yamlString(node)
    return node === undefined || text === undefined ? [] : [{ text, node }]
  })
}

/** Names of the events that start a workflow; `on` may be a text, a list or a map. */
export function triggersOf(root: YamlMap): readonly string[] {
  const on = yamlEntry(root, 'on')?.value
  if (on?.kind === 'map') return on.entries.map((entry) => entry.key)
  if (on?.kind === 'list') return on.items.flatMap((item) => yamlString(item) ?? [])
  const one = yamlString(on)
  return one === undefined ? [] : [one]
}

function maps(node: YamlNode | undefined): readonly YamlMap[] {
  return node?.kind === 'list' ? node.items.filter((item) => item.kind === 'map') : []
}
