/**
 * Makes data/cyclonedx/ from the schemas of the CycloneDX specification: `node scripts/cyclonedx-schemas.ts <folder of schemas>`.
 * What only explains (descriptions, titles, examples) is left out; what checks stays as it is.
 */
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const EXPLAINS = new Set(['description', 'title', 'examples', 'meta:enum', 'deprecated', '$comment'])

function withoutWords(schema: unknown, isNames: boolean): unknown {
  if (Array.isArray(schema)) return schema.map((item) => withoutWords(item, false))
  if (typeof schema !== 'object' || schema === null) return schema
  const kept = Object.entries(schema).filter(([key]) => isNames || !EXPLAINS.has(key))
  // Below `properties` and `definitions` the keys are names of fields, whatever they are called.
  return Object.fromEntries(
    kept.map(([key, value]) => [key, withoutWords(value, !isNames && (key === 'properties' || key === 'definitions'))]),
  )
}

const [from] = process.argv.slice(2)
if (from === undefined) throw new Error('give the folder of schemas')
const to = join(import.meta.dirname, '..', 'data', 'cyclonedx')
mkdirSync(to, { recursive: true })
for (const name of readdirSync(from).filter((file) => file.endsWith('.schema.json'))) {
  writeFileSync(join(to, name), `${JSON.stringify(withoutWords(JSON.parse(readFileSync(join(from, name), 'utf8')), false))}\n`)
}
