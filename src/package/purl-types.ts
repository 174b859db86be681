type Parts = {
  readonly namespace: string
  readonly name: string
  readonly version: string
  readonly qualifiers: Readonly<Record<string, string>>
}

type PurlTypeRule = {
  /** Whether a namespace must or must not be there; either when absent. */
  readonly namespace?: 'required' | 'prohibited'
  /** The parts whose canonical form differs from what was written. */
  readonly canonical?: (parts: Parts) => Partial<Parts>
  /** Why the parts are no package URL of this type, if they are none. */
  readonly refuse?: (parts: Parts) => string | undefined
}

const lowerName = (parts: Parts): Partial<Parts> => ({ name: parts.name.toLowerCase() })
const lowerNamespace = (parts: Parts): Partial<Parts> => ({ namespace: parts.namespace.toLowerCase() })
const lowerBoth = (parts: Parts): Partial<Parts> => ({ ...lowerName(parts), ...lowerNamespace(parts) })

/**
 * What the package types ask beyond the general grammar (purl-spec, types/*-definition.json). A type that is not here
 * has no rule of its own. Go stays as written: its definition calls names both case-sensitive and to be lowercased.
 */
export const PURL_TYPES: Readonly<Record<string, PurlTypeRule>> = {
  alpm: { canonical: lowerBoth },
  apk: { canonical: lowerBoth },
  bazel: { namespace: 'prohibited' },
  bitbucket: { namespace: 'required', canonical: lowerBoth },
  bitnami: { namespace: 'prohibited', canonical: lowerName },
  brew: { canonical: lowerBoth },
  cargo: { namespace: 'prohibited' },
  'chrome-extension': { namespace: 'prohibited', refuse: refuseChromeExtension },
  cocoapods: { namespace: 'prohibited' },
  composer: { namespace: 'required', canonical: lowerBoth },
  conda: { namespace: 'prohibited' },
  cpan: { refuse: (parts) => (parts.name.includes('::') ? 'names a module where a distribution is meant' : undefined) },
  cran: { namespace: 'prohibited' },
  deb: { namespace: 'required', canonical: lowerBoth },
  gem: { namespace: 'prohibited' },
  git: { namespace: 'required', canonical: lowerBoth },
  github: { namespace: 'required', canonical: lowerBoth },
  gitlab: { namespace: 'required', canonical: lowerBoth },
  hackage: { namespace: 'prohibited' },
  hex: { canonical: lowerBoth },
  huggingface: { canonical: (parts) => ({ version: parts.version.toLowerCase() }) },
  julia: {
    namespace: 'prohibited',
    refuse: (parts) => (parts.qualifiers['uuid'] === undefined ? 'needs the qualifier `uuid`' : undefined),
  },
  luarocks: { canonical: (parts) => ({ ...lowerBoth(parts), version: parts.version.toLowerCase() }) },
  mlflow: {
    namespace: 'prohibited',
    // Databricks folds case, Azure ML does not; the registry is named by the repository_url qualifier.
    canonical: (parts) => (parts.qualifiers['repository_url']?.includes('azuredatabricks.net') === true ? lowerName(parts) : {}),
  },
  npm: { canonical: lowerNamespace },
  nuget: { namespace: 'prohibited' },
  oci: { namespace: 'prohibited', canonical: lowerName },
  opam: { namespace: 'prohibited' },
  otp: { namespace: 'prohibited', canonical: lowerName },
  pub: { namespace: 'prohibited', canonical: lowerName },
  pypi: { namespace: 'prohibited', canonical: (parts) => ({ name: parts.name.toLowerCase().replaceAll('_', '-') }) },
  qpkg: { namespace: 'required', canonical: lowerNamespace },
  rpm: { canonical: lowerNamespace },
  swift: { namespace: 'required' },
  vcpkg: { namespace: 'prohibited' },
  'vscode-extension': { namespace: 'required', canonical: lowerBoth },
}

function refuseChromeExtension(parts: Parts): string | undefined {
  if (!/^[a-p]{32}$/.test(parts.name)) return 'needs a name of 32 letters from a to p'
  if (parts.version !== '' && !/^\d{1,5}(?:\.\d{1,5}){0,3}$/.test(parts.version)) return 'has a version of more than four numbers'
  return undefined
}
