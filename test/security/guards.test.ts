import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { REPOSITORY } from '../support/sample-project.ts'
import { GUARDS, MORE, securityReadme } from './guards.ts'

const read = async (file: string): Promise<string> => await readFile(join(REPOSITORY, file), 'utf8')

describe('the list of guards', () => {
  test.each(GUARDS)(
    '$id, $against: the guard stands where it says, once, and a test is named by it',
    async ({ id, file, guard, test: by }) => {
      expect((await read(file)).split(guard)).toHaveLength(2)
      expect(await read(by)).toContain(id)
    },
  )

  test.each(MORE)('%s, %s: a test is named by it', async (id, _, by) => {
    expect(await read(by)).toContain(id)
  })

  test('is what the README says', async () => {
    expect(await read('test/security/README.md')).toBe(securityReadme())
  })
})
