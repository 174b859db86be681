import { join, resolve } from 'node:path'
import { inspectArtifact } from '../../chain/inspect/inspect.ts'
import { inspectProject } from '../../chain/inspect/inspect-project.ts'
import type { Workspace } from '../../chain/workspace.ts'
import type { Artifact } from '../../artifact/artifact.ts'
import { timelineOf } from '../../inventory/timeline.ts'
import type { TimelineEvent } from '../../inventory/timeline.ts'
import { TallyError, fail } from '../../kernel/errors.ts'
import { localScope } from '../../store/scope.ts'
import type { Trust } from '../../trust/authority.ts'
import { FORMAT_TEXT_JSON, defineCommand } from '../command.ts'
import type { Context } from '../command.ts'
import { REGISTRY_OPTIONS, openWorkspaceOf } from '../context.ts'
import { inspectionJson } from '../render/inspection.ts'
import { renderInspection } from '../render/inspection-text.ts'
import { projectJson, renderProject } from '../render/project-inspection.ts'
import { withStore } from '../store.ts'
import { TRUSTED_KEY, TRUST_FILE, trustFromFlags } from '../trust-flags.ts'

/** Longest look; what has not answered by then is said to have not. */
const LOOK_MS = 9000

/** `tally inspect ARTIFACT`: what is there and who says so, without a policy and without any key. Writes nothing. */
export const inspect = defineCommand({
  name: 'inspect',
  summary: 'what is there, who signed it, and what to do next',
  usage: ['tally inspect IMAGE|FILE|REPOSITORY|FOLDER [--key FILE]… [--format json]'],
  examples: [
    ['tally inspect registry.example/app:1.2', 'an image nobody here knows'],
    ['tally inspect registry.example/app', 'a repository: its latest image, and its tags'],
    ['tally inspect app.tgz', 'a file and what lies beside it'],
    ['tally inspect .', 'a folder of sources'],
  ],
  options: { key: TRUSTED_KEY, trust: TRUST_FILE, ...REGISTRY_OPTIONS, format: FORMAT_TEXT_JSON },
  words: { min: 1, max: 1, names: 'one image, file, repository or folder' },
  notes: [
    'Nothing is written, and nothing is believed: what nobody trusted here signed is shown as a claim. Exit code 0 says that it was found.',
  ],
  run: async (given) => {
    const context = withDeadline(given)
    const { words, flags, terminal, deps } = context
    const [text = ''] = words
    const isJson = flags.text('format') === 'json'
    const folder = await folderOf(context, text)
    if (folder !== undefined) {
      const project = await inspectProject(deps, folder)
      terminal.out(isJson ? JSON.stringify(projectJson(project, text), null, 2) : renderProject(project, text, terminal))
      return 0
    }
    const workspace = await openWorkspaceOf(context, true)
    const inspection = await inspectArtifact(workspace, text, await trustIfAny(context, workspace))
    const history = await historyOf(workspace, inspection.artifact)
    const now = deps.now()
    terminal.out(
      isJson ? JSON.stringify(inspectionJson(inspection, history, now), null, 2) : renderInspection(inspection, history, now, terminal),
    )
    return 0
  },
})

/** The same context, with a signal that ends the look in time. */
function withDeadline(context: Context): Context {
  const deadline = new AbortController()
  const timer = setTimeout(() => deadline.abort(fail('timeout', `did not answer within ${LOOK_MS / 1000} seconds`)), LOOK_MS)
  timer.unref()
  return { ...context, deps: { ...context.deps, signal: AbortSignal.any([context.deps.signal, deadline.signal]) } }
}

/** A folder of sources, when that is what was named. */
async function folderOf({ deps, cwd }: Context, text: string): Promise<string | undefined> {
  const dir = resolve(cwd, text)
  if ((await deps.fs.stat(dir).catch(() => undefined))?.isDirectory() !== true) return undefined
  return (await deps.fs.stat(join(dir, 'oci-layout')).catch(() => undefined)) === undefined ? dir : undefined
}

const NOBODY: Trust = { authorities: [], logKeys: [] }

/** Whoever is trusted here; nobody is an answer too. A data directory that is not there is not made for it. */
async function trustIfAny(context: Context, workspace: Workspace): Promise<Trust> {
  const named = context.flags.list('key').length > 0 || context.flags.text('trust') !== undefined
  const hasData = (await context.deps.fs.stat(workspace.dataDir).catch(() => undefined)) !== undefined
  if (!named && !hasData) return NOBODY
  try {
    return (await trustFromFlags(context, workspace)).trust
  } catch (error) {
    if (!named && error instanceof TallyError && error.code === 'untrusted') return NOBODY
    throw error
  }
}

/** What this inventory knows of the artifact; undefined where there is no inventory. */
async function historyOf(workspace: Workspace, artifact: Artifact): Promise<readonly TimelineEvent[] | undefined> {
  const { deps, dataDir } = workspace
  const isShared = (deps.env['TALLY_DATABASE_URL'] ?? '') !== ''
  if (!isShared && (await deps.fs.stat(join(dataDir, 'tally.db')).catch(() => undefined)) === undefined) return undefined
  return await withStore(workspace, (store) => timelineOf(store, localScope('cli'), artifact.digest))
}
