import type { RpmPackage } from './header.ts'

/** Where distroless images of Azure Linux list what was installed when they were made. */
export const MANIFEST_PATH = 'var/lib/rpmmanifest/container-manifest-2'

/**
 * Reads lines of fields between tabs, as `rpm -qa` was asked for them: name, version-release, times of installation and
 * build, vendor, epoch, size, architecture, epoch as a number, source rpm. Lines with fewer are passed over.
 */
export function parseManifest(bytes: Uint8Array): RpmPackage[] {
  const packages: RpmPackage[] = []
  for (const line of new TextDecoder().decode(bytes).split('\n')) {
    const [name = '', evr = '', , , , , , architecture = '', epoch = '', sourceRpm = ''] = line.trim().split('\t')
    const dash = evr.lastIndexOf('-')
    if (name === '' || dash <= 0) continue
    packages.push({
      name,
      version: evr.slice(0, dash),
      release: evr.slice(dash + 1),
      epoch: /^\d{1,9}$/.test(epoch) ? Number(epoch) : 0,
      architecture: architecture === '(none)' ? '' : architecture,
      licence: '',
      sourceRpm,
      module: '',
      requires: [],
      provides: [],
      files: [],
    })
  }
  return packages
}
