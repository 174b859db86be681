import type { Edge } from '../../model.ts'
import type { InstalledPackage } from './installed.ts'
import { evaluateMarker } from './marker.ts'
import type { PythonEnvironment } from './marker.ts'
import { normalName } from './requirement.ts'

/**
 * Edges among what is installed in one environment, by what each distribution requires there: conditions are evaluated for the Python
 * and the system it lies in, and an extra counts where another installed distribution asks for it. A condition of which that is not
 * known counts where what it asks for is there.
 */
export function installedEdges(packages: readonly InstalledPackage[]): Edge[] {
  const byPlace = new Map(packages.map((one) => [placeOf(one.environment, one.name), one]))
  const environments = new Map(packages.map((one) => [one.environment, environmentOf(one)]))
  const extras = new Map<InstalledPackage, Set<string>>()
  const edges: Edge[] = []
  const waiting = [...packages]
  // Each round of a package brings another extra of it, or another package: there are no more than are written down.
  for (let one = waiting.pop(); one !== undefined; one = waiting.pop()) {
    for (const requirement of one.requires) {
      const target = byPlace.get(placeOf(one.environment, requirement.name))
      if (target === undefined) continue
      if (evaluateMarker(requirement.marker, environments.get(one.environment) ?? {}, extras.get(one) ?? NONE) === false) continue
      edges.push({ from: one.component.purl, to: target.component.purl })
      const known = extras.get(target) ?? new Set()
      const before = known.size
      for (const extra of requirement.extras) known.add(normalName(extra))
      if (known.size === before) continue
      extras.set(target, known)
      waiting.push(target)
    }
  }
  return [...new Map(edges.map((edge) => [`${edge.from} ${edge.to}`, edge])).values()]
}

const NONE: ReadonlySet<string> = new Set()

function placeOf(environment: string, name: string): string {
  return `${environment} ${normalName(name)}`
}

/** What the folder tells of its Python: `lib/python3.12/site-packages`. What lies in a layer is of a container, which runs Linux. */
function environmentOf({ environment, component }: InstalledPackage): PythonEnvironment {
  const [, implementation, version] = /(?:^|\/)lib\d{0,2}\/(python|pypy)(\d\.\d{1,2})\/(?:site|dist)-packages$/.exec(environment) ?? []
  const isWindows = /(?:^|\/)Lib\/site-packages$/.test(environment)
  const isPosix = /(?:^|\/)lib\d{0,2}\/(?:python|pypy)[\d.]{1,6}\/(?:site|dist)-packages$/.test(environment)
  return {
    ...(version === undefined ? {} : { python_version: version }),
    ...(implementation === undefined
      ? {}
      : implementation === 'pypy'
        ? { implementation_name: 'pypy', platform_python_implementation: 'PyPy' }
        : { implementation_name: 'cpython', platform_python_implementation: 'CPython' }),
    ...(isWindows ? { os_name: 'nt', sys_platform: 'win32', platform_system: 'Windows' } : isPosix ? { os_name: 'posix' } : {}),
    ...(isPosix && component.layer !== undefined ? { sys_platform: 'linux', platform_system: 'Linux' } : {}),
  }
}
