/** Versions of CycloneDX that are written, and what each of them can say. */
export const CYCLONEDX_VERSIONS = ['1.4', '1.5', '1.6', '1.7'] as const
export type CycloneDxVersion = (typeof CYCLONEDX_VERSIONS)[number]

/** The version that is written when nobody says which. */
export const DEFAULT_CYCLONEDX: CycloneDxVersion = '1.6'

/** Whether a version is at least the one that brought something. */
export function since(version: CycloneDxVersion, first: CycloneDxVersion): boolean {
  return CYCLONEDX_VERSIONS.indexOf(version) >= CYCLONEDX_VERSIONS.indexOf(first)
}
