import { safeText, shorten } from '../../../kernel/text.ts'
import type { Finding } from '../../../kernel/finding.ts'
import { findingAt } from '../../rule.ts'
import type { Rule } from '../../rule.ts'
import { isAction, isWorkflow, rootOf, usesOf } from './workflow-model.ts'

const COMMIT = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/i
const DIGEST = /@sha256:[0-9a-f]{64}$/i

/** A tag or branch can be moved to other code by whoever owns it, or by whoever takes it over; a commit or digest cannot. */
export const unpinnedAction: Rule = {
  id: 'unpinned-action',
  family: 'workflows',
  severity: 'high',
  title: 'An action is not pinned to a commit',
  help: 'write the full commit id after the @ and the tag in a comment: uses: owner/name@<40 hexadecimal digits> # v1.2.3',
  docs: 'docs/rules.md#unpinned-action',
  wants: (path) => isWorkflow(path) || isAction(path),
  check: (file) => {
    const root = rootOf(file)
    if (root === undefined) return []
    return usesOf(root).flatMap(({ text, node }): readonly Finding[] => {
      const why = whyUnpinned(text.trim())
      return why === undefined ? [] : [findingAt(unpinnedAction, file, node, `\`${shorten(safeText(text.trim()), 100)}\` ${why}`)]
    })
  },
}

function whyUnpinned(uses: string): string | undefined {
  if (uses.startsWith('./') || uses === '') return undefined
  if (uses.startsWith('docker://')) return DIGEST.test(uses) ? undefined : 'names an image without a digest'
  const at = uses.lastIndexOf('@')
  if (at === -1) return 'names no version'
  return COMMIT.test(uses.slice(at + 1)) ? undefined : 'names a tag or branch, which can be moved'
}
