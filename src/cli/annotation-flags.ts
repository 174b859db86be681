import { fail } from '../kernel/errors.ts'

/** The values of `-a NAME=VALUE`. Throws `usage` for one without a name, or a name twice. */
export function annotationsOf(list: readonly string[]): { readonly annotations?: Readonly<Record<string, string>> } {
  const annotations = new Map<string, string>()
  for (const each of list.flatMap((value) => value.split(','))) {
    const [name = '', value] = [each.split('=')[0], each.includes('=') ? each.slice(each.indexOf('=') + 1) : undefined]
    if (name === '' || value === undefined) throw fail('usage', 'is not NAME=VALUE', { where: `--annotations ${each.slice(0, 60)}` })
    if (annotations.has(name)) throw fail('usage', 'stands there twice', { where: `--annotations ${name.slice(0, 60)}` })
    annotations.set(name, value)
  }
  return list.length === 0 ? {} : { annotations: Object.fromEntries(annotations) }
}
