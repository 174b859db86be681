import type { z } from 'zod'
import { fail } from './errors.ts'
import type { ErrorCode } from './errors.ts'
import { parseYamlNodes, placeText, yamlData, yamlEntry } from './yaml-node.ts'
import type { YamlNode, YamlText } from './yaml-node.ts'

/**
 * Reads a YAML file a person writes (configuration, policy) by a schema: one document of at most configBytes. In: its bytes, its
 * name for messages, the schema, the error code to raise. Throws `code` for the first thing that is wrong, at
 * file:line:column and naming the field. Size, depth and alias expansions are bounded; merge keys and custom tags are not read.
 */
export function parseYaml<T>(bytes: Uint8Array, where: string, schema: z.ZodType<T>, code: ErrorCode): T {
  const yaml = parseYamlNodes(bytes, where, { code, limitName: 'configBytes' })
  const root = yaml.documents[0]
  if (root === undefined) throw fail(code, 'is empty', { where })
  if (yaml.documents.length > 1) throw fail(code, 'holds more than one YAML document', { where })
  const result = schema.safeParse(yamlData(root))
  if (result.success) return result.data
  throw refusal(result.error.issues, yaml, root, where, code)
}

type Issue = z.core.$ZodIssue
type Wrong = { readonly path: readonly PropertyKey[]; readonly message: string; readonly offset: number }

function refusal(issues: readonly Issue[], yaml: YamlText, root: YamlNode, where: string, code: ErrorCode): Error {
  const wrongs = issues.map((issue) => locate(issue, root)).toSorted((a, b) => a.offset - b.offset)
  const first = wrongs[0]
  if (first === undefined) return fail(code, 'is not valid', { where })
  const field = first.path.map(String).join('.')
  const more = wrongs.length > 1 ? ` (and ${wrongs.length - 1} more)` : ''
  return fail(code, `${field === '' ? 'the document' : `field \`${field}\``}: ${first.message}${more}`, {
    where: placeText(where, yaml.lines, first.offset),
  })
}

function locate(issue: Issue, root: YamlNode): Wrong {
  if (issue.code === 'unrecognized_keys') {
    const key = issue.keys[0] ?? ''
    const parent = nodeAt(root, issue.path)
    return {
      path: [...issue.path, key],
      message: 'is not a known field',
      offset: yamlEntry(parent.node, key)?.keyRange.start ?? parent.offset,
    }
  }
  const at = nodeAt(root, issue.path)
  const message = at.missing
    ? 'is missing'
    : issue.message.replace(/^Invalid input: /, '').replace(/^[A-Z](?=[a-z])/, (letter) => letter.toLowerCase())
  return { path: issue.path, message, offset: at.offset }
}

/** The deepest node of a path that exists, and whether the path goes on beyond it. */
function nodeAt(root: YamlNode, path: readonly PropertyKey[]): { node: YamlNode; offset: number; missing: boolean } {
  let node = root
  let offset = root.start
  for (const step of path) {
    if (node.kind === 'map') {
      const entry = yamlEntry(node, String(step))
      if (entry === undefined) return { node, offset, missing: true }
      // An entry's place is its value's, or its key's when the value is on later lines or empty.
      offset = entry.value.kind === 'scalar' && entry.value.end > entry.value.start ? entry.value.start : entry.keyRange.start
      node = entry.value
    } else if (node.kind === 'list') {
      const item = node.items[Number(step)]
      if (item === undefined) return { node, offset, missing: true }
      node = item
      offset = item.start
    } else return { node, offset, missing: false }
  }
  return { node, offset, missing: false }
}
