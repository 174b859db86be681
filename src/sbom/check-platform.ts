import { z } from 'zod'
import type { ImageSource } from '../artifact/image-source.ts'
import { readImage } from '../artifact/image.ts'
import type { Digest } from '../kernel/digest.ts'
import { fail } from '../kernel/errors.ts'
import { parseJson } from '../kernel/json.ts'
import { safeText, shorten } from '../kernel/text.ts'

const CONFIG = z.object({ os: z.string(), architecture: z.string(), variant: z.string().optional().catch(undefined) })

/**
 * Refuses an image that is not for the platform it was asked for (`OS/ARCH[/VARIANT]`), as its config says (image-spec 1.1, config.md):
 * where a single image lies there is no index to choose from. Throws `not-found`, `artifact-malformed`.
 */
export async function checkPlatform(source: ImageSource, digest: Digest, wanted: string): Promise<void> {
  const where = `${source.name}@${digest}`
  const { configBytes } = await readImage(source, digest)
  const json = parseJson(configBytes, `${where}: config`, { code: 'artifact-malformed', limitName: 'manifestBytes' })
  const config = CONFIG.safeParse(json).data
  const [os, architecture, variant, ...more] = wanted.split('/')
  const isIt =
    config !== undefined &&
    more.length === 0 &&
    config.os === os &&
    config.architecture === architecture &&
    (variant === undefined || config.variant === undefined || config.variant === variant)
  if (isIt) return
  const named =
    config === undefined ? 'no platform' : [config.os, config.architecture, config.variant].filter((part) => part !== undefined).join('/')
  throw fail('not-found', `is for ${shorten(safeText(named), 100)}, not for ${shorten(safeText(wanted), 100)}`, {
    where,
    hint: 'leave --platform out, or pull the image for that platform',
  })
}
