/** Flags every command of cosign has. */
export const REFUSED_EVERYWHERE: Readonly<Record<string, string>> = {
  timeout: 'every call has its own limit',
  t: 'every call has its own limit',
  'output-file': 'redirect stderr',
  d: 'say --verbose',
}

/** Flags cosign has for signing and tally does not, each with what to do instead. */
export const REFUSED_SIGNING: Readonly<Record<string, string>> = {
  sk: 'hardware keys are not used directly',
  slot: 'hardware keys are not used directly',
  certificate: 'certificates of one’s own are not put into bundles',
  'certificate-chain': 'certificates of one’s own are not put into bundles',
  'timestamp-client-cacert': 'name the authority in NODE_EXTRA_CA_CERTS',
  'timestamp-client-cert': 'timestamp authorities are not asked with a client certificate',
  'timestamp-client-key': 'timestamp authorities are not asked with a client certificate',
  'timestamp-server-name': 'the name of a timestamp authority is that of its address',
  'output-certificate': 'the certificate is in the bundle: --bundle',
  'rfc3161-timestamp': 'timestamps are in the bundle: --bundle',
  'rekor-url': 'name services with --signing-config',
  'fulcio-url': 'name services with --signing-config',
  'oidc-issuer': 'name services with --signing-config',
  'timestamp-server-url': 'name services with --signing-config',
  'issue-certificate': 'a key signs by itself; keyless signing needs none',
  'record-creation-timestamp': 'what is attached always says when',
  'new-bundle-format': 'bundles are written in the new form only',
  ...REFUSED_EVERYWHERE,
}

/** Flags cosign has for registries and tally does not. */
export const REFUSED_REGISTRY: Readonly<Record<string, string>> = {
  'allow-insecure-registry': 'certificates are always checked; name an authority in NODE_EXTRA_CA_CERTS',
  'k8s-keychain': 'log in with `tally login`; credentials of Docker’s configuration are read too',
  'registry-cacert': 'name the authority in NODE_EXTRA_CA_CERTS',
  'registry-client-cert': 'registries are not asked with a client certificate',
  'registry-client-key': 'registries are not asked with a client certificate',
  'registry-password': 'a password on the command line can be read by others; log in with `tally login`',
  'registry-token': 'a token on the command line can be read by others; log in with `tally login`',
  'registry-username': 'log in with `tally login`',
  'registry-server-name': 'the name of a registry is that of its address',
  'registry-referrers-mode': 'referrers are used where the registry has them, the fallback tag where not',
  'attachment-tag-prefix': 'evidence is attached as referrers',
}

/** Flags cosign has for looking at what is attached, and tally does not. */
export const REFUSED_LOOKING: Readonly<Record<string, string>> = {
  ...REFUSED_REGISTRY,
  ...REFUSED_EVERYWHERE,
  platform: 'name the image of the platform by its digest',
}
