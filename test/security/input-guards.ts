import type { Guard } from './guards.ts'

const INPUTS = 'test/security/sbom-inputs.test.ts'
const HOSTS = 'src/artifact/registry/hosts.test.ts'

/** Of what SBOMs are made of: images, archives, texts, and the registries they come from. */
export const INPUT_GUARDS: readonly Guard[] = [
  {
    id: 'CVE-2024-24579',
    against: 'a file of a layer that leads out of it',
    file: 'src/artifact/tar-path.ts',
    guard: "if (parts.includes('..')) return { why: 'has `..` in its path' }",
    without: '',
    test: INPUTS,
  },
  {
    id: 'CVE-2026-23745',
    against: 'a file that is written through a link of its own layer',
    file: 'src/artifact/squash.ts',
    guard: "if (node.held === 'directory' || node.held === 'implied') return",
    without: 'return',
    test: INPUTS,
  },
  {
    id: 'CVE-2026-59873',
    against: 'a bomb among what nobody looks at',
    file: 'src/artifact/decompress.ts',
    guard: 'if (size > caps.inflateFreeBytes && size > caps.inflateRatio * unpacking.given()) {',
    without: 'if (size < 0) {',
    test: INPUTS,
  },
  {
    id: 'CVE-2026-39244',
    against: 'a bomb inside of an archive',
    file: 'src/sbom/archive/zip.ts',
    guard: 'if (entry.size > LIMITS[limitName]) throw overLimit(limitName, LIMITS[limitName], where)',
    without: '',
    test: INPUTS,
  },
  {
    id: 'CVE-2026-53550',
    against: 'aliases that keep anybody from the rest of an image',
    file: 'src/sbom/catalogers/lockfile-cataloger.ts',
    guard: ", 'limit-exceeded'])",
    without: '])',
    test: INPUTS,
  },
  {
    id: 'CVE-2024-35192',
    against: 'credentials sent to whoever a registry names',
    file: 'src/artifact/registry/hosts.ts',
    guard: "if (url.username !== '' || url.password !== '' || !allowed.includes(url.hostname)) {",
    without: "if (url.password === ' ') {",
    test: HOSTS,
  },
]

/** Shown by a test of its name, and guarded in more places than one, or by not being there. */
export const OTHER_INPUTS: readonly (readonly [id: string, against: string, test: string])[] = [
  ['CVE-2024-0406', 'a link of a layer that leads out of it', INPUTS],
  ['osv-scalibr#1873', 'links that lead out of an image', INPUTS],
  ['stereoscope#206', 'links that lead in a circle', INPUTS],
  ['CVE-2026-24842', 'a link to what is not there', INPUTS],
  ['CVE-2026-26960', 'links through links', INPUTS],
  ['CVE-2026-23950', 'one name for two files', INPUTS],
  ['CVE-2026-29786', 'letters of drives', INPUTS],
  ['CVE-2026-31802', 'letters of drives', INPUTS],
  ['CVE-2026-33481', 'disks that fill', INPUTS],
  ['CVE-2026-76845', 'a bomb inside of an archive', INPUTS],
  ['CVE-2026-56876', 'names in an archive that lead out of it', INPUTS],
  ['CVE-2026-25896', 'entities that grow', INPUTS],
  ['CVE-2026-26278', 'characters by number without end', INPUTS],
  ['CVE-2026-33036', 'entities that make entities', INPUTS],
  ['CVE-2026-33349', 'elements as deep as they are many', INPUTS],
  ['GHSA-6fhj-vr9j-g45r', 'files read as entities', INPUTS],
  ['GHSA-38gf-rh2w-gmj7', 'a document type from elsewhere', INPUTS],
  ['CVE-2026-59869', 'merge keys that grow', INPUTS],
  ['CVE-2026-44289', 'messages in messages without end', INPUTS],
  ['CVE-2024-50611', 'code of a project that is looked at', INPUTS],
  ['GHSA-hxf3-vgpm-fv9p', 'code of a project that is looked at', INPUTS],
  ['cdxgen#3795', 'code that Python runs at its start', INPUTS],
  ['osv-scalibr#2323', 'requirements from outside of a project', INPUTS],
  ['go-containerregistry#2293', 'layers from wherever an image says', INPUTS],
  ['CVE-2020-15157', 'credentials sent to whoever a registry names', HOSTS],
  ['go-containerregistry#2193', 'credentials sent to whoever a registry names', HOSTS],
  ['go-containerregistry#2440', 'a way on to this machine or in the clear', HOSTS],
]
