import type { NextStep } from '../../chain/inspect/next-step.ts'
import type { ProjectInspection } from '../../chain/inspect/inspect-project.ts'
import { countOf } from '../../kernel/text.ts'
import type { Terminal } from '../terminal.ts'
import { field } from './layout.ts'

/** A first look at a folder of sources, for a person. */
export function renderProject(inspection: ProjectInspection, name: string, terminal: Terminal): string {
  const { git, builds, hasTallyYaml } = inspection
  const { why, command } = projectStep(inspection)
  return [
    ...field(terminal, 'folder', name),
    ...field(terminal, 'source', sourceText(git)),
    ...field(
      terminal,
      'builds',
      builds.map((build) => `${build.kind}, by ${build.because}`).join('; ') || 'nothing here tells how it is built',
    ),
    ...field(terminal, 'tally', hasTallyYaml ? 'there is a tally.yaml' : 'there is no tally.yaml'),
    '',
    ...field(terminal, 'next', why),
    `         ${command}`,
  ].join('\n')
}

/** The same as data (schema inspection/v1). */
export function projectJson(inspection: ProjectInspection, reference: string): object {
  const { git, builds, hasTallyYaml } = inspection
  const { present } = git
  return {
    schema: 'https://tallystick.dev/schemas/inspection/v1',
    reference,
    project: {
      git: present ? { commit: git.commit, branch: git.branch ?? null, remote: git.remote ?? null, dirty: git.dirty } : { absent: git.why },
      builds: builds.map(({ kind, because, lockfiles }) => ({ kind, because, lockfiles })),
      tallyYaml: hasTallyYaml,
    },
    next: projectStep(inspection),
  }
}

function projectStep({ git, hasTallyYaml }: ProjectInspection): NextStep {
  if (!git.present)
    return { why: `only a commit can be proven to be what was built: ${git.why}`, command: 'git init && git add . && git commit' }
  if (!hasTallyYaml) return { why: 'let tally write its configuration from what it finds', command: 'tally init' }
  return git.dirty
    ? { why: 'commit what is changed: only a clean tree gets past the first environment', command: 'git commit' }
    : { why: 'check, build, sign, log and judge it', command: 'tally ship' }
}

function sourceText(git: ProjectInspection['git']): string {
  if (!git.present) return git.why
  const state = git.dirty ? `${countOf(git.changed.length, 'file')} not committed` : 'clean'
  return `commit ${git.commit.slice(0, 12)}${git.branch === undefined ? '' : ` on ${git.branch}`}, ${state}${git.remote === undefined ? '' : `, ${git.remote}`}`
}
