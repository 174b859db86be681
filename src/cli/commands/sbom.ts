import { resolve } from 'node:path'
import { guessReference } from '../../artifact/guess-reference.ts'
import { openSource } from '../../artifact/open.ts'
import { resolveArtifact } from '../../artifact/resolve.ts'
import { writeFileAtomic } from '../../kernel/atomic-file.ts'
import { fail } from '../../kernel/errors.ts'
import { VERSION } from '../../kernel/version.ts'
import { catalogDirectory } from '../../sbom/catalog-directory.ts'
import { catalogImage } from '../../sbom/catalog-image.ts'
import { toCycloneDx } from '../../sbom/formats/cyclonedx/write.ts'
import { toPurlList } from '../../sbom/formats/purl-list.ts'
import { toSpdx } from '../../sbom/formats/spdx/write.ts'
import { toTable } from '../../sbom/formats/table.ts'
import type { Sbom } from '../../sbom/model.ts'
import type { Deps } from '../../kernel/deps.ts'
import { utf8 } from '../../kernel/bytes.ts'
import { defineCommand } from '../command.ts'

const FORMATS = ['table', 'cyclonedx-json', 'spdx-json', 'purls'] as const
type Format = (typeof FORMATS)[number]

/** `tally sbom TARGET`: what is inside a directory or an image. */
export const sbom = defineCommand({
  name: 'sbom',
  summary: 'list what is inside a directory or an image',
  usage: ['tally sbom [TARGET] [--format FORMAT] [-o FORMAT=FILE]…'],
  examples: [
    ['tally sbom', 'this directory, as a table'],
    ['tally sbom . --format cyclonedx-json > sbom.json', 'CycloneDX 1.6'],
    ['tally sbom oci-archive:image.tar -o spdx-json=sbom.spdx.json', 'an image, SPDX 2.3 to a file'],
  ],
  options: {
    format: { type: 'string', short: 'f', value: 'FORMAT', choices: FORMATS, help: FORMATS.join(', '), default: 'table' },
    output: { type: 'string', short: 'o', value: 'FORMAT=FILE', multiple: true, help: 'also write FORMAT to FILE' },
    'source-name': { type: 'string', value: 'NAME', help: 'name of the target in the SBOM', default: 'from the target' },
    'source-version': { type: 'string', value: 'VERSION', help: 'version of the target in the SBOM' },
    'allow-http-registry': { type: 'boolean', help: 'speak plain HTTP to a registry that is not on loopback' },
  },
  words: { min: 0, max: 1, names: 'at most one target' },
  run: async ({ words, flags, deps, terminal, cwd }) => {
    const outputs = flags.list('output').map(readOutput)
    const listed = await list(deps, cwd, words[0] ?? '.', {
      name: flags.text('source-name'),
      version: flags.text('source-version'),
      allowHttp: flags.on('allow-http-registry'),
      offline: flags.on('offline'),
    })
    for (const output of outputs) await writeFileAtomic(deps, resolve(cwd, output.file), render(listed, output.format))
    if (listed.completeness !== 'complete')
      deps.log('warn', `completeness is ${listed.completeness}: not every lockfile or package database here could be read`)
    if (outputs.length === 0 || flags.text('format') !== undefined)
      terminal.outBytes(render(listed, (flags.text('format') ?? 'table') as Format, terminal.isScreen ? terminal.columns : undefined))
    return 0
  },
})

function readOutput(text: string): { format: Format; file: string } {
  const at = text.indexOf('=')
  const format = FORMATS.find((each) => each === text.slice(0, at))
  if (format === undefined || at + 1 === text.length)
    throw fail('usage', 'is not FORMAT=FILE', { where: `--output ${text}`, hint: `formats: ${FORMATS.join(', ')}` })
  return { format, file: text.slice(at + 1) }
}

function render(listed: Sbom, format: Format, columns?: number): Uint8Array {
  if (format === 'cyclonedx-json') return toCycloneDx(listed)
  if (format === 'spdx-json') return toSpdx(listed)
  return utf8(format === 'purls' ? toPurlList(listed) : toTable(listed, columns))
}

type Wanted = {
  readonly name: string | undefined
  readonly version: string | undefined
  readonly allowHttp: boolean
  readonly offline: boolean
}

async function list(deps: Deps, cwd: string, target: string, wanted: Wanted): Promise<Sbom> {
  const epoch = deps.env['SOURCE_DATE_EPOCH']
  if (epoch !== undefined && !/^\d{1,11}$/.test(epoch)) throw fail('usage', 'is not a number of seconds', { where: 'SOURCE_DATE_EPOCH' })
  const created = (epoch === undefined ? deps.now() : new Date(Number(epoch) * 1000)).toISOString()
  const about = (name: string | undefined) => ({
    subject: { ...(name === undefined ? {} : { name }), ...(wanted.version === undefined ? {} : { version: wanted.version }) },
    created,
    tool: { name: 'tally', version: VERSION },
  })
  const dir = resolve(cwd, target.replace(/^dir:/, ''))
  const stat = await deps.fs.stat(dir).catch(() => undefined)
  if (stat?.isDirectory() === true && !target.startsWith('oci:')) {
    const isLayout = !target.startsWith('dir:') && (await deps.fs.stat(resolve(dir, 'oci-layout')).catch(() => undefined)) !== undefined
    if (!isLayout) return await catalogDirectory(deps, dir, { ...about(wanted.name), mode: 'installed' })
  }
  const options = { allowHttp: wanted.allowHttp, offline: wanted.offline }
  const reference = await guessReference(deps, target)
  const { artifact } = await resolveArtifact(deps, reference, options)
  if (artifact.kind === 'file')
    throw fail('artifact-malformed', 'is neither a directory nor an image', {
      where: target,
      hint: 'give a directory, an OCI layout, an image archive or registry/repository; oci-archive: before its name says what is wrong with one',
    })
  return await catalogImage(deps, await openSource(deps, reference, options), artifact.digest, about(wanted.name ?? artifact.name))
}
