import type { Plugin } from 'rolldown'

/** A file that only hands on what another holds: `export { t as verify } from "./verify-XY.js";`, or nothing: `import "./start-XY.js";`. */
const DETOUR = /^(?:export \{ ([\w$]+) as ([\w$]+) \} from|import) "\.\/([\w.-]+)";\s*(?:export \{\};\s*)?$/

/**
 * Takes out the files that lead an `import()` to a chunk that holds more than what is imported, and lets it go there itself: to find
 * and open a file is most of what a small one costs.
 */
export function withoutDetours(): Plugin {
  return {
    name: 'without-detours',
    generateBundle: (_options, bundle) => {
      const chunks = Object.values(bundle).filter((one) => one.type === 'chunk')
      for (const detour of chunks) {
        const [found, inner, outer, target] = DETOUR.exec(detour.code) ?? []
        if (found === undefined || target === undefined || detour.isEntry) continue
        if (chunks.some((chunk) => chunk.imports.includes(detour.fileName))) continue
        const file = detour.fileName.slice(detour.fileName.lastIndexOf('/') + 1)
        const names = outer === undefined ? '' : `.then((all) => ({ ${outer}: all.${inner} }))`
        for (const chunk of chunks) {
          chunk.code = chunk.code.replaceAll(`/${file}")`, `/${target}")${names}`)
        }
        delete bundle[detour.fileName]
      }
    },
  }
}
