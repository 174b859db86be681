import { findingAt } from '../../rule.ts'
import type { Rule } from '../../rule.ts'
import { isDockerfile, parseDockerfile } from './parse-dockerfile.ts'
import type { DockerInstruction } from './parse-dockerfile.ts'
import { declare, stagesOf, substitute, unquote } from './stages.ts'
import type { Stage } from './stages.ts'

/** A process that runs as root is one bug away from more than its container. Only the last stage becomes the image. */
export const rootUser: Rule = {
  id: 'root-user',
  family: 'dockerfile',
  severity: 'high',
  title: 'The image runs as root',
  help: 'end the last stage with a user of its own: USER 10001:10001',
  docs: 'docs/rules.md#root-user',
  wants: isDockerfile,
  check: (file) => {
    const last = stagesOf(parseDockerfile(file.text)).at(-1)
    if (last === undefined) return []
    const user = userOf(last)
    if (user === undefined) {
      const base = firstOf(last)
      if (/(?:^|[:-])nonroot\b/i.test(base.resolved ?? '')) return []
      // A base image may set a user; only its configuration would say.
      const certain = base.resolved?.toLowerCase() === 'scratch'
      const message = certain
        ? 'no USER, and the image is built from nothing: it runs as root'
        : 'no USER in the last stage: unless the base image sets one, it runs as root'
      return [findingAt(rootUser, file, last.from, message, certain ? {} : { severity: 'medium', confidence: 'medium' })]
    }
    const [word] = user.instruction.words
    if (word === undefined || user.name === undefined || !isRoot(user.name)) return []
    return [findingAt(rootUser, file, user.stage === last ? word : last.from, `the last USER is \`${user.name.slice(0, 60)}\``)]
  },
}

type LastUser = { readonly instruction: DockerInstruction; readonly stage: Stage; readonly name: string | undefined }

/** The last USER of a stage, or of the stages it goes on from. */
function userOf(stage: Stage): LastUser | undefined {
  const instruction = stage.body.findLast((each) => each.keyword === 'USER')
  if (instruction === undefined) return stage.base === undefined ? undefined : userOf(stage.base)
  const variables = new Map<string, string | undefined>()
  for (const each of stage.body.slice(0, stage.body.indexOf(instruction))) declare(each, variables)
  return { instruction, stage, name: substitute(unquote(instruction.words[0]?.text ?? ''), variables) }
}

function firstOf(stage: Stage): Stage {
  return stage.base === undefined ? stage : firstOf(stage.base)
}

function isRoot(user: string): boolean {
  const [name] = user.split(':')
  return name === 'root' || /^\+?0+$/.test(name ?? '')
}
