import { expect, test } from 'vitest'
import { receiptJsonSchema } from './json-schema.ts'
import { shipReceiptSchema } from './receipt-schema.ts'

const digest = `sha256:${'a'.repeat(64)}`
const RECEIPT = {
  schema: 'https://tallystick.dev/schemas/receipt/v1',
  project: 'greet',
  artifact: { name: 'greet', version: '1.0.0', path: '/out/greet', digest, reference: `oci:/dev@${digest}`, manifestDigest: digest },
  source: { commit: null, branch: null, dirty: true, repository: null },
  check: { result: 'PASSED', findings: 0, digest },
  sbom: { digest, path: '/sbom.json', components: 0, completeness: 'unknown' },
  provenance: { digest, builder: 'https://builder.example', sourceCommit: null },
  signer: { keyId: 'k', publicKeyFile: '/k.pub', kind: 'local' },
  log: { index: 0, size: 1, root: 'r', origin: 'o', checkpoint: 'c' },
  evidence: [],
  verdict: null,
  promoted: null,
  reached: 'dev',
  target: 'prod',
  notProven: [],
  tool: { version: '0.1.0', node: '/node', executable: '/tally.js' },
}

test('a receipt is exactly what its schema says', () => {
  expect(shipReceiptSchema.parse(RECEIPT)).toEqual(RECEIPT)
  expect(shipReceiptSchema.safeParse({ ...RECEIPT, more: 1 }).success).toBe(false)
  expect(shipReceiptSchema.safeParse({ ...RECEIPT, artifact: { ...RECEIPT.artifact, digest: 'sha1:abc' } }).success).toBe(false)
  for (const field of Object.keys(RECEIPT)) {
    const { [field as keyof typeof RECEIPT]: _, ...rest } = RECEIPT
    expect(shipReceiptSchema.safeParse(rest).success, field).toBe(false)
  }
})

test('the published schema names the fields scripts read', () => {
  const { required, properties } = receiptJsonSchema() as { required: string[]; properties: Record<string, { required?: string[] }> }
  expect(required).toEqual(expect.arrayContaining(['artifact', 'sbom', 'provenance', 'signer', 'log', 'verdict', 'promoted', 'tool']))
  expect(properties['artifact']?.required).toEqual(expect.arrayContaining(['name', 'path', 'digest', 'reference', 'manifestDigest']))
  expect(properties['tool']?.required).toEqual(['version', 'node', 'executable'])
})
