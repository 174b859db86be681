import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { projectJsonSchema, receiptJsonSchema } from '../src/chain/json-schema.ts'
import { openApiDocument } from '../src/server/openapi-document.ts'
import { policyJsonSchema } from '../src/policy/document.ts'
import { errorsDoc } from './errors-doc.ts'
import { lintConfig } from './lint-config.ts'

/** Every committed file that is made from code, and the function that makes it. A test holds each to what is committed. */
export const GENERATED: Readonly<Record<string, () => string>> = {
  '.oxlintrc.json': () => `${JSON.stringify(lintConfig(), undefined, 2)}\n`,
  'docs/errors.md': errorsDoc,
  'schemas/openapi.json': () => `${JSON.stringify(openApiDocument(), undefined, 2)}\n`,
  'schemas/policy.schema.json': () => `${JSON.stringify(policyJsonSchema(), undefined, 2)}\n`,
  'schemas/receipt.schema.json': () => `${JSON.stringify(receiptJsonSchema(), undefined, 2)}\n`,
  'schemas/tally.schema.json': () => `${JSON.stringify(projectJsonSchema(), undefined, 2)}\n`,
}

const ROOT = join(import.meta.dirname, '..')

/** Names of the generated files that are not what is committed. */
export async function staleFiles(): Promise<readonly string[]> {
  const stale: string[] = []
  for (const [file, make] of Object.entries(GENERATED)) {
    const committed = await readFile(join(ROOT, file), 'utf8').catch(() => '')
    if (committed !== make()) stale.push(file)
  }
  return stale
}

if (import.meta.main) {
  for (const file of await staleFiles()) {
    const make = GENERATED[file]
    if (make !== undefined) await writeFile(join(ROOT, file), make())
    console.log(`wrote ${file}`)
  }
}
