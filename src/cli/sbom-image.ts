import { basename } from 'node:path'
import type { ImageSource } from '../artifact/image-source.ts'
import type { Digest } from '../kernel/digest.ts'
import type { SubjectHint } from '../sbom/assemble.ts'
import { openCacheFolder } from '../sbom/cache-folder.ts'
import type { Sbom } from '../sbom/model.ts'
import { rememberImage } from '../sbom/remembered-image.ts'
import { resolveCacheDir } from '../store/data-dir.ts'
import type { Context } from './command.ts'

/** What the caller says of the target and of itself. */
export type About = {
  readonly subject: SubjectHint
  readonly created: string
  readonly tool: Sbom['tool']
  readonly author?: NonNullable<Sbom['author']>
}

/** This file's name in the compiled program has a hash of all that it leads to in it; sources change under their names. */
const PROGRAM = basename(import.meta.url)

/**
 * Lists an image of one platform: the same as before where it was asked for before, else from layers that were read before and those that
 * were not. Catalogers are loaded only when they are needed.
 */
export async function listImage(context: Context, source: ImageSource, digest: Digest, about: About): Promise<Sbom> {
  const { deps, flags } = context
  const exclude = flags.list('exclude')
  const scope = flags.text('scope') ?? 'squashed'
  const cacheDir = cacheDirOf(context)
  const make = async (log: typeof deps.log): Promise<Sbom> => {
    const { listLayers } = await import('./sbom-layers.ts')
    return await listLayers({ ...deps, log }, source, digest, scope, { ...about, exclude }, cacheDir)
  }
  if (cacheDir === undefined || PROGRAM.endsWith('.ts')) return await make(deps.log)
  const { subject, tool, author } = about
  const question = { program: PROGRAM, digest, scope, exclude, subject, tool, author }
  return await rememberImage(deps, openCacheFolder(deps, cacheDir, 'images'), question, about.created, make)
}

/** Where what was read is remembered; nowhere for somebody without a home. */
function cacheDirOf({ deps, flags }: Context): string | undefined {
  if (flags.on('no-cache')) return undefined
  const { HOME, XDG_CACHE_HOME, TALLY_CACHE_DIR } = deps.env
  const isNowhere = [HOME, XDG_CACHE_HOME, TALLY_CACHE_DIR].every((value) => value === undefined || value === '')
  return isNowhere ? undefined : resolveCacheDir(deps.env)
}
