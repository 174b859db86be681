import { join, resolve } from 'node:path'
import { guessReference } from '../artifact/guess-reference.ts'
import { openSource } from '../artifact/open.ts'
import { resolveArtifact } from '../artifact/resolve.ts'
import { writeFileAtomic } from '../kernel/atomic-file.ts'
import type { Digest } from '../kernel/digest.ts'
import { digestOf } from '../kernel/digest.ts'
import { fail } from '../kernel/errors.ts'
import { canonicalBytes } from '../kernel/json.ts'
import { safeText } from '../kernel/text.ts'
import { platformsOf } from '../sbom/choose-platform.ts'
import { writeSbom } from '../sbom/formats/formats.ts'
import type { SbomFormat } from '../sbom/formats/formats.ts'
import { snapshotContext } from '../sbom/formats/github/write.ts'
import { FAIL_ON, shortcomings } from '../sbom/operations/fail-on.ts'
import type { Context } from './command.ts'
import { about, lookIntoImage } from './sbom-load.ts'
import { readOutput, withheld } from './sbom-write.ts'

/** The name of the document that lists the SBOMs of an index. */
const INDEX_FILE = 'index.json'
const ENDINGS: Readonly<Record<string, string>> = {
  'cyclonedx-json': 'cdx.json',
  'spdx-json': 'spdx.json',
  'github-json': 'github.json',
  purls: 'purls.txt',
  table: 'txt',
}

type Written = {
  readonly platform: string
  readonly image: Digest
  readonly format: string
  readonly file: string
  readonly digest: Digest
}

/**
 * `--all-platforms`: one SBOM for each image of an index into the folder each `--output FORMAT=FOLDER` names, as `os-arch[-variant].ENDING`,
 * and beside them `index.json`, which binds them to the index and to their own bytes. The index is resolved once, and each image is
 * then read by its digest. Out: the exit code. Throws `usage` without a folder, `nothing-to-check` for what is no index.
 */
export async function listPlatforms(context: Context, target: string): Promise<number> {
  const { deps, flags, cwd, terminal } = context
  const outputs = flags.list('output').map(readOutput)
  if (outputs.length === 0)
    throw fail('usage', 'needs a folder to write to', { where: '--all-platforms', hint: 'add -o cyclonedx-json=FOLDER' })
  for (const flag of ['platform', 'format', 'base', 'without-base']) {
    if (flags.text(flag) !== undefined) throw fail('usage', `does not go with --${flag}`, { where: '--all-platforms' })
  }
  const options = { allowHttp: flags.on('allow-http-registry'), offline: flags.on('offline') }
  const reference = await guessReference(deps, target)
  if (reference.scheme === 'file' || reference.scheme === 'docker-archive')
    throw fail('nothing-to-check', 'is no index of images', { where: target, hint: 'leave --all-platforms out' })
  const { artifact, source = await openSource(deps, reference, options) } = await resolveArtifact(deps, reference, options)
  const images = await platformsOf(source, artifact.digest)
  if (images.length === 0) throw fail('nothing-to-check', 'is no index of images', { where: target, hint: 'leave --all-platforms out' })
  const name = flags.text('source-name') ?? (artifact.kind === 'manifest' ? artifact.name : target)
  const snapshot = snapshotContext(deps.env)
  const conditions = FAIL_ON.filter((condition) => flags.list('fail-on').includes(condition))
  const written: (Written & { readonly folder: string })[] = []
  let failed = false
  for (const { platform, digest: image } of images) {
    const sbom = await lookIntoImage(context, source, image, about(context, name))
    for (const { format, file: folder } of outputs) {
      const bytes = writeSbom(withheld(context, sbom), format, snapshot)
      const file = `${fileStem(platform, images, image)}.${endingOf(format)}`
      await deps.fs.mkdir(resolve(cwd, folder), { recursive: true })
      await writeFileAtomic(deps, join(resolve(cwd, folder), file), bytes)
      written.push({ folder, platform, image, format: `${format.name}@${format.version}`, file, digest: digestOf(bytes) })
    }
    for (const { what, message } of shortcomings(sbom, conditions)) {
      failed = true
      terminal.note(`${safeText(platform)}: ${terminal.noteStyle('red', what)}: ${message}`)
    }
    deps.log('info', `${platform}: ${sbom.components.length} components, ${sbom.completeness}`)
  }
  for (const folder of new Set(written.map((one) => one.folder))) {
    const sboms = written.filter((one) => one.folder === folder).map(({ folder: _, ...one }) => one)
    const document = {
      schema: 'https://tallystick.dev/schemas/sbom-index/v1',
      name,
      digest: artifact.digest,
      sboms,
    }
    await writeFileAtomic(deps, join(resolve(cwd, folder), INDEX_FILE), canonicalBytes(document))
  }
  return failed ? 1 : 0
}

/** `linux/arm/v7` as a file is named; where two images are for one platform, with the start of their digests. */
function fileStem(platform: string, images: readonly { readonly platform: string }[], image: Digest): string {
  const stem = platform.replace(/[^A-Za-z0-9._-]/g, '-').replace(/^[.-]+/, '')
  const isOnlyOne = images.filter((one) => one.platform === platform).length === 1
  return isOnlyOne && stem !== '' ? stem : `${stem === '' ? 'image' : stem}-${image.slice('sha256:'.length, 'sha256:'.length + 12)}`
}

function endingOf({ name, version }: SbomFormat): string {
  const ending = ENDINGS[name] ?? 'txt'
  return name === 'spdx-json' && version.startsWith('3') ? 'spdx3.json' : ending
}
