import { execFile } from 'node:child_process'
import { compareText } from '../../../package/digits.ts'
import { purlOf } from './identity.ts'

type Listed = {
  readonly name?: string
  readonly version?: string
  readonly missing?: boolean
  readonly dependencies?: Readonly<Record<string, Listed>>
}

/** For tests: what `npm ls --all --json` says of a directory, as package URLs and `from to` pairs, sorted. */
export async function listedByNpm(directory: string): Promise<{ packages: string[]; edges: string[] }> {
  // npm ls ends with 1 when something is missing or extraneous, and lists it all the same.
  const root = JSON.parse(await runNpm(directory, ['ls', '--all', '--json', '--long'], { anyExit: true })) as Listed
  const packages = new Set<string>()
  const edges = new Set<string>()
  const visit = (from: Listed, fromPurl: string): void => {
    for (const [alias, to] of Object.entries(from.dependencies ?? {})) {
      if (to.version === undefined || to.missing === true) continue
      const purl = purlOf({ name: to.name ?? alias, version: to.version })
      packages.add(purl)
      edges.add(`${fromPurl} ${purl}`)
      visit(to, purl)
    }
  }
  visit(root, purlOf({ name: root.name ?? '', version: root.version ?? '' }))
  return { packages: [...packages].toSorted(compareText), edges: [...edges].toSorted(compareText) }
}

/** Runs npm in a directory and hands back what it printed. */
export async function runNpm(directory: string, args: readonly string[], options: { readonly anyExit?: boolean } = {}): Promise<string> {
  return await new Promise((resolve, reject) => {
    execFile(
      'npm',
      [...args],
      { cwd: directory, maxBuffer: 64 << 20, env: { ...process.env, NO_UPDATE_NOTIFIER: '1' } },
      (error, stdout, stderr) => {
        if (error === null || options.anyExit === true) resolve(stdout)
        else reject(new Error(`npm ${args.join(' ')}: ${stderr}`, { cause: error }))
      },
    )
  })
}
