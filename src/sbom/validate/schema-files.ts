import { join } from 'node:path'
import type { Deps } from '../../kernel/deps.ts'
import { parseJson } from '../../kernel/json.ts'
import { packageRoot } from '../../kernel/package-root.ts'
import { readFileBounded } from '../../kernel/read-file.ts'
import type { Schema } from './json-schema.ts'

const FILES = ['1.4', '1.5', '1.6', '1.7'].map((version) => `bom-${version}.schema.json`)
const OTHERS = ['cryptography-defs.schema.json', 'jsf-0.82.schema.json', 'spdx.schema.json']

/** The CycloneDX schemas that come with this program, by file name. */
export async function cycloneDxSchemas(deps: Pick<Deps, 'fs'>): Promise<ReadonlyMap<string, Schema>> {
  const schemas = new Map<string, Schema>()
  for (const name of [...FILES, ...OTHERS]) {
    const path = join(packageRoot(), 'data', 'cyclonedx', name)
    schemas.set(name, parseJson(await readFileBounded(deps, path, 'jsonBytes'), path, { code: 'bug' }) as Schema)
  }
  return schemas
}
