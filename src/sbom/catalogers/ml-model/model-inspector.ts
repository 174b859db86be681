import { TallyError } from '../../../kernel/errors.ts'
import { LIMITS } from '../../../kernel/limits.ts'
import { redact, withoutUserInfo } from '../../../kernel/redact.ts'
import { safeText, shorten } from '../../../kernel/text.ts'
import { compareText } from '../../../package/digits.ts'
import { purlText } from '../../../package/purl.ts'
import type { Component } from '../../model.ts'
import { partyFrom } from '../../party.ts'
import { directoryOf, fileNameOf } from '../../path.ts'
import { NOTHING_FOUND } from '../cataloger.ts'
import type { Inspector, Place } from '../inspector.ts'
import { readGguf } from './gguf.ts'
import type { ModelFacts } from './model-facts.ts'
import { readSafetensors, safetensorsHeaderSize } from './safetensors.ts'

const ENDING = /\.(?:gguf|safetensors)$/i
/** The cache of the Hugging Face hub: `models--<organisation>--<model>/blobs/<hash>`, or `…/snapshots/<commit>/<file>`. */
const HUB = /(?:^|\/)models--([\w.-]{1,96}?)--([\w.-]{1,96})\/(?:blobs\/[0-9a-f]{40,64}$|snapshots\/([0-9a-f]{40})\/)/

/** Models for machine learning: GGUF and safetensors, by their headers. The tensors are not looked at. */
export const modelInspector: Inspector = {
  name: 'ml-model',
  mayWant: ({ path, size }) => size >= 24 && (ENDING.test(path) || (HUB.test(path) && path.includes('/blobs/'))),
  inspect: async ({ path, layer, size, content }) => {
    const facts = await readHeader(content, size, path)
    if (facts === undefined) return ENDING.test(path) ? { missed: true } : undefined
    const place: Place = { path, ...(layer === undefined ? {} : { layer }) }
    return { catalog: { ...NOTHING_FOUND, components: [componentOf(facts, place)] } }
  },
}

/** Reads no more than the header, and of that no more than modelHeaderBytes. */
async function readHeader(content: AsyncIterable<Uint8Array>, size: number, where: string): Promise<ModelFacts | undefined> {
  const pieces: Uint8Array[] = []
  let kept = 0
  let wanted: number | undefined
  for await (const piece of content) {
    pieces.push(piece)
    kept += piece.byteLength
    if (wanted === undefined && kept >= 24) wanted = headerEnd(Buffer.concat(pieces), size, where)
    if (wanted !== undefined && kept >= wanted) break
  }
  const start = Buffer.concat(pieces).subarray(0, Math.min(kept, wanted ?? kept, LIMITS.modelHeaderBytes))
  const gguf = readGguf(start, where)
  if (gguf !== undefined) return gguf
  const length = safetensorsHeaderSize(start, size, where)
  if (length === undefined || start.byteLength < length + 8) return undefined
  try {
    return readSafetensors(start.subarray(8, length + 8), where)
  } catch (error) {
    if (error instanceof TallyError && error.code === 'artifact-malformed') return undefined
    throw error
  }
}

/** How many bytes from the start are worth reading: none of what is neither. */
function headerEnd(start: Uint8Array, size: number, where: string): number {
  if (Buffer.from(start.subarray(0, 4)).toString('latin1') === 'GGUF') return LIMITS.modelHeaderBytes
  const length = safetensorsHeaderSize(start, size, where)
  return length === undefined || length > LIMITS.modelHeaderBytes ? 0 : length + 8
}

function componentOf(facts: ModelFacts, { path, layer }: Place): Component {
  const [, organisation, model, commit] = HUB.exec(path) ?? []
  const name = text(facts.name) ?? model ?? nameOf(path)
  const version = text(facts.version) ?? commit ?? ''
  const licence = text(facts.licence)
  const producer = partyFrom(facts.maker ?? organisation ?? '')
  const properties = Object.entries(facts.properties)
    .flatMap(([property, value]) => {
      const said = text(value === undefined ? undefined : redact(value.includes('://') ? withoutUserInfo(value) : value))
      return said === undefined ? [] : [[property, said] as const]
    })
    .toSorted(([a], [b]) => compareText(a, b))
  return {
    purl:
      organisation === undefined || model === undefined
        ? purlText({ type: 'generic', name, version })
        : purlText({ type: 'huggingface', namespace: organisation, name: model, version: commit }),
    name,
    version,
    type: 'machine-learning-model',
    hashes: {},
    ...(licence === undefined ? {} : { licence }),
    ...(producer === undefined ? {} : { producer }),
    evidence: [{ cataloger: 'ml-model', file: path, method: 'binary', confidence: 0.9 }],
    scope: 'required',
    ...(layer === undefined ? {} : { layer }),
    properties: Object.fromEntries(properties),
  }
}

function text(written: string | undefined): string | undefined {
  const line = shorten(safeText((written ?? '').trim()), 300)
  return line === '' ? undefined : line
}

/** By the name of the file, without the mark of a part; what is only called a model goes by its folder. */
function nameOf(path: string): string {
  const base = fileNameOf(path)
    .replace(ENDING, '')
    .replace(/-\d{5}-of-\d{5}$/, '')
  const folder = fileNameOf(directoryOf(path))
  return /^(?:(?:pytorch_|diffusion_pytorch_|adapter_)?model|consolidated(?:\.\d+)?|weights)$/i.test(base) && folder !== ''
    ? folder
    : base || 'model'
}
