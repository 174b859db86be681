import type { Finding } from '../../../kernel/finding.ts'
import { safeText, shorten } from '../../../kernel/text.ts'
import { yamlGet, yamlString } from '../../../kernel/yaml-node.ts'
import type { YamlMap, YamlNode } from '../../../kernel/yaml-node.ts'
import { findingAt } from '../../rule.ts'
import type { CheckFile, Rule } from '../../rule.ts'
import { parseExpression, pathsIn } from './expression.ts'
import { findExpressions } from './find-expressions.ts'
import type { FoundExpression } from './find-expressions.ts'
import { whoChooses } from './untrusted-contexts.ts'
import { isAction, isWorkflow, rootOf, stepsOf } from './workflow-model.ts'

/** An expression is put into the script before a shell reads it, so that its value is code: quoting in the script does not help. */
export const scriptInjection: Rule = {
  id: 'script-injection',
  family: 'workflows',
  severity: 'critical',
  title: 'Text that somebody else chooses becomes part of a script',
  help: 'hand it over in an environment variable: env: { TITLE: ${{ … }} }, and use "$TITLE" (in JavaScript process.env.TITLE) in the script',
  docs: 'docs/rules.md#script-injection',
  wants: (path) => isWorkflow(path) || isAction(path),
  check: (file) => {
    const root = rootOf(file)
    if (root === undefined) return []
    const harmless = harmlessInputs(root)
    return stepsOf(root).flatMap((step) =>
      scriptsOf(step.node).flatMap((script) =>
        findExpressions(file.text, script.start, script.end).flatMap((found) => judgeExpression(file, found, harmless)),
      ),
    )
  },
}

/** What a step runs: its `run`, and the script handed to actions that run one. */
function scriptsOf(step: YamlMap): readonly YamlNode[] {
  const uses = yamlString(yamlGet(step, 'uses')) ?? ''
  const script = /^actions\/github-script(?:@|$)/i.test(uses) ? yamlGet(yamlGet(step, 'with'), 'script') : undefined
  return [yamlGet(step, 'run'), script].filter((node) => node !== undefined)
}

function judgeExpression(file: CheckFile, found: FoundExpression, harmless: ReadonlySet<string>): readonly Finding[] {
  const expression = parseExpression(found.inner)
  const shown = `\`${shorten(safeText(found.inner.trim()), 100)}\``
  if (expression === undefined) {
    // What we cannot read may still be read by the runner.
    return /github\s*\.\s*(?:event|head_ref)|\binputs\b/i.test(found.inner)
      ? [
          findingAt(scriptInjection, file, found, `${shown} cannot be read, and names values that others choose`, {
            severity: 'medium',
            confidence: 'low',
          }),
        ]
      : []
  }
  const paths = pathsIn(expression).filter((path) => !harmless.has(path.join('.')))
  const who = new Set(paths.map(whoChooses))
  if (who.has('outsider'))
    return [findingAt(scriptInjection, file, found, `${shown} can be chosen by anybody, and becomes part of the script`)]
  if (!who.has('caller')) return []
  const message = `${shown} is chosen by whoever starts or calls this, and becomes part of the script`
  return [findingAt(scriptInjection, file, found, message, { severity: 'medium', confidence: 'medium' })]
}

/** Inputs that GitHub holds to a type that cannot carry a command. */
function harmlessInputs(root: YamlMap): ReadonlySet<string> {
  const names = new Set<string>()
  const on = yamlGet(root, 'on')
  const ofEvent = ['workflow_dispatch', 'workflow_call']
    .map((event) => yamlGet(yamlGet(on, event), 'inputs'))
    .filter((inputs) => inputs?.kind === 'map')
  for (const inputs of ofEvent) {
    for (const input of inputs.kind === 'map' ? inputs.entries : []) {
      const type = yamlString(yamlGet(input.value, 'type'))
      const others = ofEvent.some((other) => other !== inputs && yamlGet(other, input.key) !== undefined)
      if (others || (type !== 'boolean' && type !== 'number' && type !== 'choice')) continue
      names.add(`inputs.${input.key.toLowerCase()}`)
      names.add(`github.event.inputs.${input.key.toLowerCase()}`)
    }
  }
  return names
}
