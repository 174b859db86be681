import { basename, resolve } from 'node:path'
import { engineSocket, exportImage, isEngineImage } from '../artifact/docker-engine.ts'
import type { EngineName } from '../artifact/docker-engine.ts'
import { findDockerImage, openDockerArchive } from '../artifact/docker-archive.ts'
import { inflate } from '../artifact/decompress.ts'
import { guessReference } from '../artifact/guess-reference.ts'
import type { ImageSource } from '../artifact/image-source.ts'
import { openSource } from '../artifact/open.ts'
import type { Platform } from '../artifact/artifact.ts'
import { withoutVersion } from '../artifact/reference.ts'
import type { Reference } from '../artifact/reference.ts'
import { resolveArtifact } from '../artifact/resolve.ts'
import { readAll } from '../kernel/bytes.ts'
import { hexOf } from '../kernel/digest.ts'
import type { Digest } from '../kernel/digest.ts'
import { asTallyError, fail } from '../kernel/errors.ts'
import { safeText } from '../kernel/text.ts'
import { LIMITS } from '../kernel/limits.ts'
import { readFileBounded } from '../kernel/read-file.ts'
import { VERSION } from '../kernel/version.ts'
import { purlText } from '../package/purl.ts'
import { checkPlatform } from '../sbom/check-platform.ts'
import { choosePlatform, imageArchitecture } from '../sbom/choose-platform.ts'
import { DEFAULT_CYCLONEDX } from '../sbom/formats/cyclonedx/versions.ts'
import { readSbom } from '../sbom/formats/read-sbom.ts'
import type { DocumentFacts } from '../sbom/formats/read-sbom.ts'
import { partyFrom } from '../sbom/party.ts'
import type { Sbom } from '../sbom/model.ts'
import type { Context } from './command.ts'
import { listImage } from './sbom-image.ts'
import type { About } from './sbom-image.ts'
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
  return { sbom: await look(context, target), document: MADE }
}

/** The same for what is only a part of what is written, or compared with it: a base, what is merged. It is called what it is called by itself. */
export async function loadOther({ flags, ...context }: Context, target: string): Promise<Loaded> {
  const text = (name: string): string | undefined => (name === 'source-name' || name === 'source-version' ? undefined : flags.text(name))
  return await loadSbom({ ...context, flags: { ...flags, text } }, target)
}

/** An SBOM, or an image archive as `docker save` writes it, which is kept in a file while it is looked into. */
async function loadStdin(context: Context): Promise<Loaded> {
  const stream = context.stdin()[Symbol.asyncIterator]()
  const first = await stream.next()
  const whole = async function* (): AsyncGenerator<Uint8Array> {
    if (first.done !== true) yield first.value
    for (let next = await stream.next(); next.done !== true; next = await stream.next()) yield next.value
  }
  // An archive begins with a name or the magic of its compression.
  const isText = first.done === true || /^[\ufeff\s]*[{[]/.test(Buffer.from(first.value.subarray(0, 64)).toString('utf8'))
  if (isText) return readSbom(await readAll(whole(), LIMITS.sbomBytes, 'sbomBytes', 'stdin'), 'stdin')
  const sbom = await withSpooled(context.deps, inflate(whole(), { where: 'stdin' }), 'stdin', async (path) => {
    const { scheme } = await guessReference(context.deps, path)
    if (scheme === 'oci-archive' || scheme === 'docker-archive') return await look(context, `${scheme}:${path}`, 'stdin')
    throw fail('artifact-malformed', 'is neither an SBOM in JSON nor an image archive', { where: 'stdin' })
  })
  return { sbom, document: MADE }
}

const ENGINE = /^(docker|podman):(?!\/\/)(.+)$/

/** An image of an engine on this machine, which hands it out as an archive. */
async function lookWithEngine(context: Context, engine: EngineName, name: string): Promise<Sbom> {
  const { deps } = context
  const exported = exportImage(deps, engineSocket(deps.env, engine), name, platformOf(context.flags.text('platform')))
  return await withSpooled(
    deps,
    exported,
    `${engine}:${name}`,
    async (path) => await look(context, `docker-archive:${path}`, withoutVersion(name)),
  )
}

/** The engine a bare name is asked of, where nothing on disk has that name: Docker before Podman; none where neither has a socket. */
async function findEngine({ deps }: Context): Promise<EngineName | undefined> {
  const { DOCKER_HOST, CONTAINER_HOST } = deps.env
  // An engine elsewhere is asked for by its prefix alone, and then refused with a reason.
  const isHere = (host = ''): boolean => host === '' || host.startsWith('unix://')
  for (const engine of ['docker', 'podman'] as const) {
    if (!isHere(engine === 'docker' ? DOCKER_HOST : CONTAINER_HOST)) continue
    const socket = await deps.fs.stat(engineSocket(deps.env, engine)).catch(() => undefined)
    if (socket?.isSocket() === true) return engine
  }
  return undefined
}

/** `OS/ARCH[/VARIANT]`, as engines have it. Throws `usage`. */
function platformOf(text: string | undefined): Platform | undefined {
  if (text === undefined) return undefined
  const [os = '', architecture = '', variant, ...more] = text.split('/')
  if (os === '' || architecture === '' || more.length > 0)
    throw fail('usage', 'is not OS/ARCH or OS/ARCH/VARIANT', { where: `--platform ${text}` })
  return { os, architecture, ...(variant === undefined ? {} : { variant }) }
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

async function look(context: Context, target: string, called?: string): Promise<Sbom> {
  const { deps, cwd, flags } = context
  const [, engine, image] = ENGINE.exec(target) ?? []
  if (engine !== undefined && image !== undefined) return await lookWithEngine(context, engine === 'docker' ? 'docker' : 'podman', image)
  if (target.startsWith('containerd:')) {
    throw fail('usage', 'is no place that is read directly', {
      where: 'containerd',
      hint: `save the image first: ctr image export - ${safeText(target.slice('containerd:'.length, 200))} | tally sbom -`,
    })
  }
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
  const reference = await guessReference(deps, target)
  if (reference.scheme === 'file') {
    const engineHere = stat === undefined && isEngineImage(target) ? await findEngine(context) : undefined
    if (engineHere !== undefined) return await lookWithEngine(context, engineHere, target)
    await deps.fs.stat(path).catch((error: unknown) => {
      throw asTallyError(error, target)
    })
    const { catalogFile } = await import('../sbom/catalog-directory.ts')
    const found = await catalogFile(deps, path, about(context, named))
    // Somebody who says that it is a file means it; else an empty list would pass for an answer.
    if (found.components.length === 0 && found.completeness === 'unknown' && !target.startsWith('file:')) {
      throw fail('nothing-to-check', 'holds nothing that is known: no image, no lockfile, no program with a list of its parts', {
        where: target,
        hint: 'give a directory, an OCI layout, an image archive or registry/repository; oci-archive: before its name says what is wrong with one',
      })
    }
    return found
  }
  if (reference.scheme === 'docker-archive') return await lookIntoDockerArchive(context, reference, named)
  const options = { allowHttp: flags.on('allow-http-registry'), offline: flags.on('offline') }
  const { artifact, source = await openSource(deps, reference, options) } = await resolveArtifact(deps, reference, options)
  const digest = await choosePlatform(source, artifact.digest, flags.text('platform'), imageArchitecture(process.arch))
  return await lookIntoImage(context, source, digest, about(context, named ?? artifact.name))
}

/** An image in a docker archive has no manifest to go by: it is known by the digest of its config, which engines call its id. */
async function lookIntoDockerArchive(
  context: Context,
  { path, tag }: Extract<Reference, { scheme: 'docker-archive' }>,
  named: string | undefined,
): Promise<Sbom> {
  const archive = await openDockerArchive(context.deps, path)
  const { configDigest, repoTags, walkDigest } = findDockerImage(archive, tag)
  const said = about(context, named ?? (repoTags[0] === undefined ? basename(path) : withoutVersion(repoTags[0])))
  const last = said.subject.name?.split('/').at(-1) ?? ''
  const subject = {
    ...said.subject,
    purl: purlText({ type: 'oci', name: last === '' ? 'image' : last, version: configDigest }),
    digests: { sha256: hexOf(configDigest) },
  }
  return await lookIntoImage(context, archive, walkDigest, { ...said, subject })
}

/** Lists one image of a place that is open. Throws `not-found` for one that is not for the platform that is asked for. */
export async function lookIntoImage(context: Context, source: ImageSource, digest: Digest, said: About): Promise<Sbom> {
  const platform = context.flags.text('platform')
  if (platform !== undefined) await checkPlatform(source, digest, platform)
  return await listImage(context, source, digest, said)
}

/** What the caller says of the target and of itself. */
export function about(context: Context, name: string | undefined): About {
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
