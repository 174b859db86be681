/** `-X main.version=v1.2.3` of the linker's flags, whatever package and case the variable has. */
const STAMP = /(?:^|[\s'"])-X[\s=]+['"]?[\w./~-]{0,200}\.[A-Za-z_]{0,40}[vV]ersion=(v?\d+\.\d+(?:\.\d+)?[\w.+-]{0,100})/g

/**
 * The version of the main module, which Go before 1.24 calls `(devel)` when it is built from a checkout: what the linker was told,
 * else what lies in the program as if the linker had been told, else a pseudo-version of the commit (Go modules reference,
 * "Pseudo-versions"), else none. In: the version as written (empty for `(devel)`), the build's settings, what lies in the program. Confidence from 0 to 1.
 */
export function mainVersion(
  written: string,
  settings: ReadonlyMap<string, string>,
  inProgram?: string,
): { readonly version: string; readonly confidence: number } {
  // A pseudo-version without a tag before it says less than what the linker was told.
  if (written !== '' && !written.startsWith('v0.0.0-')) return { version: written, confidence: 1 }
  const stamps = [...(settings.get('-ldflags') ?? '').slice(0, 16_384).matchAll(STAMP)].map(([, version = '']) => version)
  const [stamp] = stamps
  // Several variables may tell versions of different things; only what all agree on is the program's.
  if (stamp !== undefined && stamps.every((other) => bare(other) === bare(stamp))) return { version: `v${bare(stamp)}`, confidence: 0.8 }
  if (inProgram !== undefined) return { version: `v${bare(inProgram)}`, confidence: 0.6 }
  if (written !== '') return { version: written, confidence: 1 }
  const revision = settings.get('vcs.revision') ?? ''
  const time = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)Z$/.exec(settings.get('vcs.time') ?? '')
  if (!/^[0-9a-f]{12,64}$/.test(revision) || time === null) return { version: '', confidence: 1 }
  const dirty = settings.get('vcs.modified') === 'true' ? '+dirty' : ''
  return { version: `v0.0.0-${time.slice(1).join('')}-${revision.slice(0, 12)}${dirty}`, confidence: 0.9 }
}

function bare(version: string): string {
  return version.startsWith('v') ? version.slice(1) : version
}
