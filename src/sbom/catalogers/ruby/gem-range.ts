import { compareGeneric } from '../../../package/ordering.ts'
import { isInRelation } from '../../../package/relation.ts'
import type { Relation } from '../../../package/relation.ts'

/** What a gem needs of another one: its name, and requirements that all must be met (`>= 2.2.4`, `~> 1.0`). */
export type GemNeed = { readonly name: string; readonly requirements: readonly string[] }

/** Whether a version of a gem meets requirements (RubyGems, Gem::Requirement). A requirement that cannot be read is taken as met. */
export function meetsRequirements(version: string, requirements: readonly string[]): boolean {
  return requirements.every((requirement) => meets(version, requirement))
}

function meets(version: string, requirement: string): boolean {
  const [, operator = '=', wanted = ''] = /^\s*(~>|>=|<=|!=|=|>|<)?\s*([0-9A-Za-z][0-9A-Za-z.-]*)\s*$/.exec(requirement) ?? []
  const order = wanted === '' ? undefined : compareGeneric(version, wanted)
  if (order === undefined) return true
  if (operator === '~>') return order >= 0 && isBelowNext(version, wanted)
  return isInRelation(order, RELATIONS.find((one) => one === operator) ?? '=')
}

const RELATIONS: readonly Relation[] = ['>=', '<=', '>', '<', '!=', '=']

/** `~> 2.2.4` ends before 2.3, `~> 2.2` and `~> 2` before 3: the last number may grow. */
function isBelowNext(version: string, wanted: string): boolean {
  const numbers = wanted.split('.').filter((part) => /^\d+$/.test(part))
  const kept = numbers.length > 1 ? numbers.slice(0, -1) : numbers
  const next = [...kept.slice(0, -1), String(Number(kept.at(-1) ?? '0') + 1)].join('.')
  return (compareGeneric(version, next) ?? -1) < 0
}
