import { expect, test } from 'vitest'
import { addToGroup } from './groups.ts'

test('groups keep what was put into them, in its order', () => {
  const groups = new Map<string, number[]>()
  addToGroup(groups, 'a', 1)
  addToGroup(groups, 'b', 2, 3)
  addToGroup(groups, 'a', 4)
  addToGroup(groups, 'c')
  expect([...groups]).toEqual([
    ['a', [1, 4]],
    ['b', [2, 3]],
    ['c', []],
  ])
})
