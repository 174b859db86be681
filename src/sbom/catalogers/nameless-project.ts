import { purlText } from '../../package/purl.ts'
import { fileNameOf } from '../path.ts'
import type { LockNeed, LockProject } from './lock-graph.ts'

/** A project whose files say no name of their own: it is called as its folder is, and at the top of the target as the target is. */
export function namelessProject(directory: string, needs: readonly LockNeed[]): LockProject {
  const name = fileNameOf(directory)
  const purl = purlText({ type: 'generic', name: name === '' ? 'project' : name })
  return { directory, key: `project of ${directory}`, name, version: '', purl, needs }
}
