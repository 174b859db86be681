import type { DockerInstruction, DockerWord } from './parse-dockerfile.ts'

export type Stage = {
  readonly from: DockerInstruction
  /** The image as written; undefined for a FROM without one. */
  readonly image: DockerWord | undefined
  /** With build arguments put in by their defaults; undefined when one has none. */
  readonly resolved: string | undefined
  readonly name: string | undefined
  /** The earlier stage it goes on from, if any. */
  readonly base: Stage | undefined
  readonly body: readonly DockerInstruction[]
}

/** The stages of a Dockerfile, in order. `variables` of a body are for `substitute`. */
export function stagesOf(instructions: readonly DockerInstruction[]): readonly Stage[] {
  const globals = new Map<string, string | undefined>()
  const stages: Stage[] = []
  let body: DockerInstruction[] = []
  for (const instruction of instructions) {
    if (instruction.keyword === 'FROM') {
      body = []
      stages.push(readStage(instruction, globals, stages, body))
    } else if (stages.length === 0) declare(instruction, globals)
    else body.push(instruction)
  }
  return stages
}

function readStage(
  from: DockerInstruction,
  globals: ReadonlyMap<string, string | undefined>,
  earlier: readonly Stage[],
  body: readonly DockerInstruction[],
): Stage {
  const words = from.words.filter((word) => !word.text.startsWith('--'))
  const [image, as, name] = words
  const resolved = image === undefined ? undefined : substitute(unquote(image.text), globals)
  return {
    from,
    image,
    resolved,
    name: as?.text.toUpperCase() === 'AS' ? name?.text.toLowerCase() : undefined,
    base: earlier.findLast((stage) => stage.name !== undefined && stage.name === resolved?.toLowerCase()),
    body,
  }
}

/** Takes note of ARG and ENV: `NAME`, `NAME=value`, several of them, and ENV's old form `NAME value`. */
export function declare(instruction: DockerInstruction, variables: Map<string, string | undefined>): void {
  if (instruction.keyword !== 'ARG' && instruction.keyword !== 'ENV') return
  const [first, second] = instruction.words
  if (instruction.keyword === 'ENV' && first !== undefined && second !== undefined && !first.text.includes('=')) {
    variables.set(first.text, second.text)
    return
  }
  for (const word of instruction.words) {
    const equals = word.text.indexOf('=')
    if (equals === -1) {
      if (!variables.has(word.text)) variables.set(word.text, undefined)
    } else variables.set(word.text.slice(0, equals), substitute(unquote(word.text.slice(equals + 1)), variables))
  }
}

const VARIABLE = /\$(?:([A-Za-z_][A-Za-z0-9_]*)|\{([A-Za-z_][A-Za-z0-9_]*)(?:(:?[-+])([^}$]*))?\})/g

/** Puts variables in. Undefined when one is needed that has no value, or is written in a form that is not read here. */
export function substitute(text: string, variables: ReadonlyMap<string, string | undefined>): string | undefined {
  let missing = false
  const result = text.replace(VARIABLE, (_whole, plain?: string, braced?: string, operator?: string, word?: string) => {
    const value = variables.get(plain ?? braced ?? '')
    if (operator?.endsWith('+') === true) return value === undefined || value === '' ? '' : (word ?? '')
    if (value !== undefined && value !== '') return value
    if (operator?.endsWith('-') === true) return word ?? ''
    missing = true
    return ''
  })
  return missing || result.includes('$') ? undefined : result
}

export function unquote(text: string): string {
  return /^(["']).*\1$/.test(text) && text.length >= 2 ? text.slice(1, -1) : text
}
