import { expect, test } from 'vitest'
import { staleFiles } from './generate.ts'

test('what is generated is what is committed (else: npm run generate)', async () => {
  expect(await staleFiles()).toEqual([])
})
