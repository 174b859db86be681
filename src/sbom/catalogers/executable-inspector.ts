import type { Executable } from '../executable/read-executable.ts'
import { mayBeExecutable, readExecutable } from '../executable/read-executable.ts'
import { catalogAuditable } from './cargo-auditable/cargo-auditable.ts'
import type { Catalog } from './cataloger.ts'
import { catalogGoBinary } from './go-binary/go-binary.ts'
import type { Inspector, Place } from './inspector.ts'

/** What executables say of themselves. One that is built in another way is one function here. */
const READERS: readonly ((executable: Executable, place: Place) => Catalog | 'unreadable' | undefined)[] = [
  catalogGoBinary,
  catalogAuditable,
]

/** Programs and libraries in ELF, PE and Mach-O. */
export const executableInspector: Inspector = {
  name: 'executable',
  mayWant: mayBeExecutable,
  inspect: async ({ path, layer, size, content }) => {
    const executable = await readExecutable(content, size, path)
    if (executable === undefined) return undefined
    const place: Place = { path, ...(layer === undefined ? {} : { layer }) }
    const found = READERS.map((read) => read(executable, place))
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
