import { z } from 'zod'
import { TallyError } from '../../kernel/errors.ts'
import type { Json } from '../../kernel/json.ts'
import { parsePurl } from '../../package/purl.ts'
import type { Problem } from './problem.ts'

const component = z.object({
  'bom-ref': z.string().optional().catch(undefined),
  purl: z.string().optional().catch(undefined),
  get components() {
    return z.array(component).optional()
  },
})
const service = z.object({ 'bom-ref': z.string().optional().catch(undefined) })
const document = z.object({
  metadata: z
    .object({ component: component.optional().catch(undefined) })
    .optional()
    .catch(undefined),
  components: z.array(component).optional().catch(undefined),
  services: z.array(service).optional().catch(undefined),
  dependencies: z
    .array(z.object({ ref: z.string(), dependsOn: z.array(z.string()).optional().catch(undefined) }))
    .optional()
    .catch(undefined),
})
type Part = z.infer<typeof component>

/** What the schema cannot say: references that name nothing or two things, and package URLs that are none. */
export function checkCycloneDxReferences(json: Json): Problem[] {
  const parsed = document.safeParse(json).data
  if (parsed === undefined) return []
  const problems: Problem[] = []
  const refs = new Set<string>()
  const parts: { readonly part: Part; readonly path: string }[] = [
    ...(parsed.metadata?.component === undefined ? [] : [{ part: parsed.metadata.component, path: '$.metadata.component' }]),
    ...(parsed.components ?? []).map((part, at) => ({ part, path: `$.components[${at}]` })),
    ...(parsed.services ?? []).map((part, at) => ({ part, path: `$.services[${at}]` })),
  ]
  for (let at = 0; at < parts.length; at += 1) {
    const { part, path } = parts[at] ?? { part: {}, path: '' }
    const ref = part['bom-ref']
    if (ref !== undefined && refs.has(ref)) problems.push({ severity: 'warning', path: `${path}.bom-ref`, message: 'names two parts' })
    if (ref !== undefined) refs.add(ref)
    const why = part.purl === undefined ? undefined : whyNoPurl(part.purl)
    if (why !== undefined) problems.push({ severity: 'warning', path: `${path}.purl`, message: why })
    parts.push(...(part.components ?? []).map((inner, index) => ({ part: inner, path: `${path}.components[${index}]` })))
  }
  return [...problems, ...danglingDependencies(parsed.dependencies ?? [], refs)]
}

function danglingDependencies(
  dependencies: readonly { readonly ref: string; readonly dependsOn?: readonly string[] | undefined }[],
  refs: ReadonlySet<string>,
): Problem[] {
  return dependencies.flatMap(({ ref, dependsOn = [] }, at) => {
    const names = [ref, ...dependsOn].filter((name) => !refs.has(name) && !name.startsWith('urn:cdx:'))
    return names.length === 0
      ? []
      : [
          {
            severity: 'warning' as const,
            path: `$.dependencies[${at}]`,
            message: `names ${names.length} part(s) that are not in the document`,
          },
        ]
  })
}

function whyNoPurl(text: string): string | undefined {
  try {
    parsePurl(text)
    return undefined
  } catch (error) {
    if (error instanceof TallyError) return error.message
    throw error
  }
}
