import { resolve } from 'node:path'
import { guessReference } from '../artifact/guess-reference.ts'
import { findDockerImage, openDockerArchive } from '../artifact/docker-archive.ts'
import { openSource } from '../artifact/open.ts'
import { resolveArtifact } from '../artifact/resolve.ts'
import { readAll } from '../kernel/bytes.ts'
import { digestSetOf } from '../kernel/digest.ts'
import { fail } from '../kernel/errors.ts'
import { LIMITS } from '../kernel/limits.ts'
import { readFileBounded } from '../kernel/read-file.ts'
import { VERSION } from '../kernel/version.ts'
import { choosePlatform, imageArchitecture } from '../sbom/choose-platform.ts'
import { DEFAULT_CYCLONEDX } from '../sbom/formats/cyclonedx/versions.ts'
import { readSbom } from '../sbom/formats/read-sbom.ts'
import type { DocumentFacts } from '../sbom/formats/read-sbom.ts'
import { purlText } from '../package/purl.ts'
import { partyFrom } from '../sbom/party.ts'
import type { Sbom } from '../sbom/model.ts'
import type { Context } from './command.ts'
import { readEngineImage, withEngineImage, withSpool } from './sbom-engine.ts'
import { listImage } from './sbom-image.ts'
import type { About } from './sbom-image.ts'

/** An SBOM, and what the document it stood in says of itself; of one that was just made, as CycloneDX would say it. */
export type Loaded = { readonly sbom: Sbom; readonly document: DocumentFacts }

/** What a document that this program writes says of itself. */
const MADE: DocumentFacts = {
  format: 'CycloneDX',
  version: DEFAULT_CYCLONEDX,
  id: 'urn:uuid:',
  revision: '1',
  signed: false,
  hasVulnerabilities: false,
}

/** Reads a document of somebody: a file, or `-` for what comes in. `sbom:` before its name is allowed. */
export async function readDocument(context: Context, target: string): Promise<Uint8Array> {
  if (target === '-') return await readAll(context.stdin(), LIMITS.sbomBytes, 'sbomBytes', 'stdin')
  return await readFileBounded(context.deps, resolve(context.cwd, target.replace(/^sbom:/, '')), 'sbomBytes')
}

/**
 * What a word on the command line means: `sbom:FILE`, `-` or a file that holds an SBOM is read; a directory, another file, an OCI
 * layout, an image archive or a reference to a registry is looked into.
 */
export async function loadSbom(context: Context, target: string): Promise<Loaded> {
  if (target === '-') return await loadStdin(context)
  if (target.startsWith('sbom:') || (await holdsSbom(context, target))) return readSbom(await readDocument(context, target), target)
  const image = readEngineImage(target)
  const sbom =
    image === undefined
      ? await look(context, target)
      : await withEngineImage(context, image, async (path) => await look(context, `docker-archive:${path}`, image.name))
  return { sbom, document: MADE }
}

/** What comes in is an SBOM, which is JSON, or else an archive of an image (or any other file), which is kept while it is looked at. */
async function loadStdin(context: Context): Promise<Loaded> {
  const stream = context.stdin()[Symbol.asyncIterator]()
  const first = await stream.next()
  const start = first.done === true ? new Uint8Array() : first.value
  async function* whole(): AsyncGenerator<Uint8Array> {
    yield start
    yield* { [Symbol.asyncIterator]: () => stream }
  }
  if (/^[\s\uFEFF]*(?:\{|$)/.test(Buffer.from(start.subarray(0, 64)).toString('utf8')))
    return readSbom(await readAll(whole(), LIMITS.sbomBytes, 'sbomBytes', 'stdin'), 'stdin')
  return { sbom: await withSpool(context.deps, whole(), async (path) => await look(context, path, 'stdin')), document: MADE }
}

/** Whether a file is an SBOM, by the first bytes of it: SBOMs say what they are early on. */
async function holdsSbom({ deps, cwd }: Context, target: string): Promise<boolean> {
  const path = resolve(cwd, target)
  const stat = await deps.fs.stat(path).catch(() => undefined)
  if (stat?.isFile() !== true || !/\.json(?:ld)?$/i.test(path)) return false
  const handle = await deps.fs.open(path, 'r')
  try {
    const buffer = Buffer.alloc(4096)
    const { bytesRead } = await handle.read(buffer, 0, buffer.byteLength)
    return /"(?:bomFormat|spdxVersion|@graph|SPDXID)"\s*:/.test(buffer.toString('utf8', 0, bytesRead))
  } finally {
    await handle.close()
  }
}

/** `called` is what a person calls it where its place has another name. */
async function look(context: Context, target: string, called?: string): Promise<Sbom> {
  const { deps, cwd, flags } = context
  const path = resolve(cwd, target.replace(/^(?:dir|file):/, ''))
  const stat = await deps.fs.stat(path).catch(() => undefined)
  const named = flags.text('source-name') ?? called
  if (stat?.isDirectory() === true && !target.startsWith('oci:')) {
    const isLayout = !target.startsWith('dir:') && (await deps.fs.stat(resolve(path, 'oci-layout')).catch(() => undefined)) !== undefined
    if (!isLayout) {
      const { catalogDirectory } = await import('../sbom/catalog-directory.ts')
      return await catalogDirectory(deps, path, { ...about(context, named), exclude: flags.list('exclude'), mode: 'installed' })
    }
  }
  const options = { allowHttp: flags.on('allow-http-registry'), offline: flags.on('offline') }
  const reference = await guessReference(deps, target)
  const { artifact } = await resolveArtifact(deps, reference, options)
  if (artifact.kind === 'file' && reference.scheme === 'file') {
    const { catalogFile } = await import('../sbom/catalog-directory.ts')
    return await catalogFile(deps, path, about(context, named))
  }
  if (reference.scheme === 'docker-archive') {
    const archive = await openDockerArchive(deps, reference.path)
    const { walkDigest, configDigest } = findDockerImage(archive, reference.tag)
    const { subject, ...rest } = about(context, named ?? artifact.name)
    // It has no manifest: what identifies the image is its config.
    const purl = purlText({ type: 'docker', name: imageName(subject.name ?? ''), version: configDigest })
    return await listImage(context, archive, walkDigest, { ...rest, subject: { ...subject, purl, digests: digestSetOf(configDigest) } })
  }
  const source = await openSource(deps, reference, options)
  const digest = await choosePlatform(source, artifact.digest, flags.text('platform'), imageArchitecture(process.arch))
  return await listImage(context, source, digest, about(context, named ?? artifact.name))
}

/** `app` of `registry.example:5000/team/app:1.0@sha256:…`. */
function imageName(text: string): string {
  return /([^/@:]+)(?::[^/@]*)?(?:@.*)?$/.exec(text)?.[1] ?? 'image'
}

/** What the caller says of the target and of itself. */
function about(context: Context, name: string | undefined): About {
  const { flags } = context
  const version = flags.text('source-version')
  const author = authorOf(context)
  return {
    subject: { ...(name === undefined ? {} : { name }), ...(version === undefined ? {} : { version }) },
    created: timeOf(context),
    tool: { name: 'tally', version: VERSION },
    ...(author === undefined ? {} : { author }),
  }
}

/** Who makes the SBOM, as --author says. */
export function authorOf({ flags }: Context): Sbom['author'] | undefined {
  const text = flags.text('author')
  const author = text === undefined ? undefined : partyFrom(text)
  if (text !== undefined && author === undefined)
    throw fail('usage', 'names nobody', { where: '--author', hint: 'write it as "Name <contact>"' })
  return author
}

/** SOURCE_DATE_EPOCH, else now. */
export function timeOf({ deps }: Context): string {
  const epoch = deps.env['SOURCE_DATE_EPOCH']
  if (epoch !== undefined && !/^\d{1,11}$/.test(epoch)) throw fail('usage', 'is not a number of seconds', { where: 'SOURCE_DATE_EPOCH' })
  return (epoch === undefined ? deps.now() : new Date(Number(epoch) * 1000)).toISOString()
}
