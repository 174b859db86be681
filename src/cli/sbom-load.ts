import { resolve } from 'node:path'
import { guessReference } from '../artifact/guess-reference.ts'
import { openSource } from '../artifact/open.ts'
import { resolveArtifact } from '../artifact/resolve.ts'
import { readAll } from '../kernel/bytes.ts'
import { fail } from '../kernel/errors.ts'
import { LIMITS } from '../kernel/limits.ts'
import { readFileBounded } from '../kernel/read-file.ts'
import { VERSION } from '../kernel/version.ts'
import { choosePlatform, imageArchitecture } from '../sbom/choose-platform.ts'
import { DEFAULT_CYCLONEDX } from '../sbom/formats/cyclonedx/versions.ts'
import { readSbom } from '../sbom/formats/read-sbom.ts'
import type { DocumentFacts } from '../sbom/formats/read-sbom.ts'
import { partyFrom } from '../sbom/party.ts'
import type { Sbom } from '../sbom/model.ts'
import type { Context } from './command.ts'
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
  if (target === '-') return await readAll(context.stdin(), LIMITS.jsonBytes, 'jsonBytes', 'stdin')
  return await readFileBounded(context.deps, resolve(context.cwd, target.replace(/^sbom:/, '')), 'jsonBytes')
}

/**
 * What a word on the command line means: `sbom:FILE`, `-` or a file that holds an SBOM is read; a directory, another file, an OCI
 * layout, an image archive or a reference to a registry is looked into.
 */
export async function loadSbom(context: Context, target: string): Promise<Loaded> {
  if (target === '-' || target.startsWith('sbom:') || (await holdsSbom(context, target))) {
    return readSbom(await readDocument(context, target), target === '-' ? 'stdin' : target)
  }
  const sbom = await look(context, target)
  return { sbom, document: MADE }
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

async function look(context: Context, target: string): Promise<Sbom> {
  const { deps, cwd, flags } = context
  const path = resolve(cwd, target.replace(/^(?:dir|file):/, ''))
  const stat = await deps.fs.stat(path).catch(() => undefined)
  const named = flags.text('source-name')
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
  const source = await openSource(deps, reference, options)
  const digest = await choosePlatform(source, artifact.digest, flags.text('platform'), imageArchitecture(process.arch))
  return await listImage(context, source, digest, about(context, named ?? artifact.name))
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
