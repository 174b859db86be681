import { z } from 'zod'
import type { Image } from '../artifact/image.ts'
import type { Digest } from '../kernel/digest.ts'
import { parseJson } from '../kernel/json.ts'
import { redact } from '../kernel/redact.ts'
import { safeText, shorten } from '../kernel/text.ts'
import type { Component } from './model.ts'

const LONGEST = 300
/** The property of a component that says which command made its layer. */
export const LAYER_COMMAND = 'image:layer-command'

const config = z.object({
  history: z
    .array(z.object({ created_by: z.string().optional().catch(undefined), empty_layer: z.boolean().optional().catch(undefined) }))
    .optional()
    .catch(undefined),
})

/**
 * Which command made each layer, by the history of the image's config (image-spec 1.1, config.md): entries marked as empty made none, the
 * others are the layers in their order. Where they are not as many as there are layers nothing is known. A layer that stands in an image
 * twice goes by its first.
 */
export function layerCommands(image: Image): ReadonlyMap<Digest, string> {
  const parsed = config.safeParse(
    parseJson(image.configBytes, 'the image config', { code: 'artifact-malformed', limitName: 'manifestBytes' }),
  )
  const made = (parsed.data?.history ?? []).filter(({ empty_layer: empty }) => empty !== true)
  if (made.length !== image.layers.length) return new Map()
  const commands = new Map<Digest, string>()
  for (const [at, layer] of image.layers.entries()) {
    const command = commandText(made[at]?.created_by ?? '')
    if (command !== '' && !commands.has(layer.descriptor.digest)) commands.set(layer.descriptor.digest, command)
  }
  return commands
}

/** Says of each component which command made its layer. */
export function tellCommands(components: readonly Component[], commands: ReadonlyMap<string, string>): Component[] {
  return components.map((component) => {
    const command = component.layer === undefined ? undefined : commands.get(component.layer)
    return command === undefined ? component : { ...component, properties: { ...component.properties, [LAYER_COMMAND]: command } }
  })
}

/** A command as one line. Build arguments, which builders write before it with their values, are left out: they may be secrets. */
function commandText(written: string): string {
  return shorten(safeText(redact(withoutArguments(written.slice(0, 8192)).replace(/\s+/g, ' ').trim())), LONGEST)
}

/** `RUN |1 TOKEN=x /bin/sh -c npm ci`: a count, so many `NAME=value`, the shell. */
function withoutArguments(text: string): string {
  const [mark = '', before = '', count = '0'] = /^((?:RUN )?)\|(\d{1,3}) /.exec(text) ?? []
  if (mark === '') return text
  const names = text.matchAll(/ [A-Za-z_]\w{0,200}=/g)
  let last = mark.length - 1
  for (let left = Number(count); left > 0; left -= 1) last = names.next().value?.index ?? last
  const shell = / \/\S{1,100}sh(?: -\S{1,20}){1,4} /g
  shell.lastIndex = last
  const found = shell.exec(text)
  return found === null ? `${before}[build arguments left out]` : before + text.slice(found.index + 1)
}
