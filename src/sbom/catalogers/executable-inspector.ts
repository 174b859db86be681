import { mayBeExecutable, readExecutable } from '../executable/read-executable.ts'
import { catalogAuditable } from './cargo-auditable/cargo-auditable.ts'
import { startClassification } from './classifier/classifier.ts'
import { catalogGoBinary } from './go-binary/go-binary.ts'
import type { Inspector, Place } from './inspector.ts'

/**
 * Programs and libraries in ELF, PE and Mach-O: what they say of themselves (one that is built in another way is one more function
 * here), and what they are by the texts in them, unless they say it better themselves.
 */
export const executableInspector: Inspector = {
  name: 'executable',
  mayWant: mayBeExecutable,
  inspect: async ({ path, layer, size, content }) => {
    const classification = startClassification(path)
    const executable = await readExecutable(content, size, path, classification?.push)
    if (executable === undefined) return undefined
    const place: Place = { path, ...(layer === undefined ? {} : { layer }) }
    const go = catalogGoBinary(executable, place, classification?.stamp())
    const found = [go, catalogAuditable(executable, place), go === undefined ? classification?.catalog(place) : undefined]
    const catalogs = found.filter((one) => one !== undefined && one !== 'unreadable')
    return {
      catalog: {
        components: catalogs.flatMap(({ components }) => components),
        edges: catalogs.flatMap(({ edges }) => edges),
        projects: [],
        read: [],
      },
      missed: found.includes('unreadable'),
    }
  },
}
