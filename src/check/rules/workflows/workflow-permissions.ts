import type { Finding } from '../../../kernel/finding.ts'
import { yamlEntry, yamlGet, yamlString } from '../../../kernel/yaml-node.ts'
import type { YamlEntry } from '../../../kernel/yaml-node.ts'
import { findingAt } from '../../rule.ts'
import type { CheckFile, Rule } from '../../rule.ts'
import { isWorkflow, jobsOf, rootOf, triggersOf } from './workflow-model.ts'

/** What a stolen token may do is what its job was given: nothing by default, the rest where it is needed. */
export const workflowPermissions: Rule = {
  id: 'workflow-permissions',
  family: 'workflows',
  severity: 'high',
  title: "A workflow's token may do more than it must",
  help: 'write `permissions: {}` (or `contents: read`) for the workflow, and what a job needs beside that in the job',
  docs: 'docs/rules.md#workflow-permissions',
  wants: isWorkflow,
  check: (file) => {
    const root = rootOf(file)
    if (root === undefined) return []
    const jobs = jobsOf(root)
    const top = yamlEntry(root, 'permissions')
    const holders = [top, ...jobs.map((job) => yamlEntry(job.node, 'permissions'))].filter((entry) => entry !== undefined)
    const found = holders.flatMap((entry) => writeAll(file, entry))
    if (top !== undefined) return [...found, ...writesForAll(file, top, jobs.length)]
    // A workflow that is only called gets the permissions of its caller.
    const triggers = triggersOf(root)
    const onlyCalled = triggers.length > 0 && triggers.every((trigger) => trigger === 'workflow_call')
    const bare = jobs.filter((job) => yamlGet(job.node, 'permissions') === undefined)
    const place = yamlEntry(root, 'jobs')?.keyRange
    if (onlyCalled || bare.length === 0 || place === undefined) return found
    const message = 'says no permissions: where the repository or organisation still has the old default, the token may write everything'
    return [...found, findingAt(workflowPermissions, file, place, message, { severity: 'medium', confidence: 'medium' })]
  },
}

function writeAll(file: CheckFile, entry: YamlEntry): readonly Finding[] {
  if (yamlString(entry.value) !== 'write-all') return []
  return [findingAt(workflowPermissions, file, entry.value, '`write-all` gives every job the right to write everything')]
}

/** A right to write given to the whole workflow is given to each of its jobs; with one job there is no difference. */
function writesForAll(file: CheckFile, top: YamlEntry, jobs: number): readonly Finding[] {
  if (jobs < 2 || top.value.kind !== 'map') return []
  return top.value.entries
    .filter((entry) => yamlString(entry.value) === 'write')
    .map((entry) =>
      findingAt(
        workflowPermissions,
        file,
        { start: entry.keyRange.start, end: entry.value.end },
        `gives all ${jobs} jobs \`${entry.key}: write\``,
        {
          severity: 'medium',
        },
      ),
    )
}
