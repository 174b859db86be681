import { basename, resolve } from 'node:path'
import { findDockerImage, openDockerArchive } from '../artifact/docker-archive.ts'
import { guessReference } from '../artifact/guess-reference.ts'
import type { ImageSource } from '../artifact/image-source.ts'
import { openSource } from '../artifact/open.ts'
import { resolveArtifact } from '../artifact/resolve.ts'
import { readAll } from '../kernel/bytes.ts'
import { hexOf } from '../kernel/digest.ts'
import type { Digest } from '../kernel/digest.ts'
import { fail } from '../kernel/errors.ts'
import { LIMITS } from '../kernel/limits.ts'
import { readFileBounded } from '../kernel/read-file.ts'
import { VERSION } from '../kernel/version.ts'
import { purlText } from '../package/purl.ts'
import type { SubjectHint } from '../sbom/assemble.ts'
import { catalogDirectory, catalogFile } from '../sbom/catalog-directory.ts'
import { catalogImage } from '../sbom/catalog-image.ts'
import { catalogAllLayers } from '../sbom/catalog-layers.ts'
import { choosePlatform, imageArchitecture } from '../sbom/choose-platform.ts'
import { DEFAULT_CYCLONEDX } from '../sbom/formats/cyclonedx/versions.ts'
import { readSbom } from '../sbom/formats/read-sbom.ts'
import type { DocumentFacts } from '../sbom/formats/read-sbom.ts'
import { openLayerCache } from '../sbom/layer-cache.ts'
import type { LayerCache } from '../sbom/layer-cache.ts'
import { partyFrom } from '../sbom/party.ts'
import type { Sbom } from '../sbom/model.ts'
import { resolveCacheDir } from '../store/data-dir.ts'
import type { Context } from './command.ts'
import { engineImage, readIncoming } from './sbom-stream.ts'
import type { StreamedImage } from './sbom-stream.ts'
import { withSpooled } from './spool.ts'

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
  if (target === '-') return await readAll(context.stdin(), LIMITS.jsonBytes, 'jsonBytes', 'stdin')
  return await readFileBounded(context.deps, resolve(context.cwd, target.replace(/^sbom:/, '')), 'jsonBytes')
}

/**
 * What a word on the command line means: `sbom:FILE`, or a file that holds an SBOM is read; a directory, another file, an OCI layout, an
 * image archive, an image of Docker or Podman, or a reference to a registry is looked into; `-` is an SBOM or an image archive.
 */
export async function loadSbom(context: Context, target: string): Promise<Loaded> {
  if (target.startsWith('sbom:') || (await holdsSbom(context, target))) return readSbom(await readDocument(context, target), target)
  const incoming = target === '-' ? await readIncoming(context) : await engineImage(context, target)
  if (incoming !== undefined && 'document' in incoming) return readSbom(incoming.document, 'stdin')
  const sbom = incoming === undefined ? await look(context, target) : await lookAtStream(context, incoming)
  return { sbom, document: MADE }
}

async function lookAtStream(context: Context, { name, where, stream }: StreamedImage): Promise<Sbom> {
  return await withSpooled(context.deps, stream, where, async (path) => {
    const { scheme } = await guessReference(context.deps, path)
    if (scheme === 'file') throw fail('artifact-malformed', 'is no image archive: it has no list of images in it', { where })
    return await look(context, `${scheme}:${path}`, name)
  })
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

/** In: `known`, what to call what is found when nobody says otherwise. */
async function look(context: Context, target: string, known?: string): Promise<Sbom> {
  const { deps, cwd, flags } = context
  const path = resolve(cwd, target.replace(/^(?:dir|file):/, ''))
  const stat = await deps.fs.stat(path).catch(() => undefined)
  const named = flags.text('source-name')
  if (stat?.isDirectory() === true && !target.startsWith('oci:')) {
    const isLayout = !target.startsWith('dir:') && (await deps.fs.stat(resolve(path, 'oci-layout')).catch(() => undefined)) !== undefined
    if (!isLayout)
      return await catalogDirectory(deps, path, { ...about(context, named), exclude: flags.list('exclude'), mode: 'installed' })
  }
  const options = { allowHttp: flags.on('allow-http-registry'), offline: flags.on('offline') }
  const reference = await guessReference(deps, target)
  if (reference.scheme === 'file') return await catalogFile(deps, path, about(context, named))
  if (reference.scheme === 'docker-archive') return await lookAtDockerArchive(context, reference.path, reference.tag, known)
  const { artifact, source = await openSource(deps, reference, options) } = await resolveArtifact(deps, reference, options)
  return await lookAtImage(context, source, artifact.digest, { name: named ?? known ?? artifact.name })
}

/** What `docker save` wrote has no manifest: its image is known by the digest of its config, as docker itself has it. */
async function lookAtDockerArchive(context: Context, path: string, tag: string | undefined, known: string | undefined): Promise<Sbom> {
  const archive = await openDockerArchive(context.deps, path)
  const { configDigest, repoTags, walkDigest } = findDockerImage(archive, tag)
  const tagged = repoTags[0]?.replace(/:[^:/]*$/, '')
  const name = context.flags.text('source-name') ?? known ?? tagged ?? basename(path)
  const last = name.split('/').at(-1) ?? ''
  const purl = purlText({ type: 'docker', name: last === '' ? 'image' : last, version: configDigest })
  return await lookAtImage(context, archive, walkDigest, { name, purl, digests: { sha256: hexOf(configDigest) } })
}

async function lookAtImage(context: Context, source: ImageSource, whole: Digest, subject: SubjectHint): Promise<Sbom> {
  const { deps, flags } = context
  const digest = await choosePlatform(source, whole, flags.text('platform'), imageArchitecture(process.arch))
  const cache = cacheFor(context)
  const told = about(context, subject.name)
  const catalog = flags.text('scope') === 'all-layers' ? catalogAllLayers : catalogImage
  return await catalog(deps, source, digest, {
    ...told,
    subject: { ...subject, ...told.subject },
    exclude: flags.list('exclude'),
    ...(cache === undefined ? {} : { cache }),
  })
}

/** Where layers are remembered; nowhere for somebody without a home. */
function cacheFor({ deps, flags }: Context): LayerCache | undefined {
  if (flags.on('no-cache')) return undefined
  const { HOME, XDG_CACHE_HOME, TALLY_CACHE_DIR } = deps.env
  return [HOME, XDG_CACHE_HOME, TALLY_CACHE_DIR].every((value) => value === undefined || value === '')
    ? undefined
    : openLayerCache(deps, resolveCacheDir(deps.env))
}

/** What the caller says of the target and of itself. */
function about(context: Context, name: string | undefined) {
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
