import { readLicence } from '../licence/licence.ts'
import { contactKind } from '../party.ts'
import { hasHash, hasIdentifier, hasLicence, isRelated, isTime, ofComponents, ofDocument } from './element.ts'
import type { Standard } from './element.ts'

const AUTHOR = 'say who makes it: --author "Name <contact>"'
const PRODUCER = 'list what is installed, which says who makes it, rather than a lockfile, which does not'
const VERSION = 'pin the versions: commit a lockfile, or list what is installed'
const IDENTIFIER = 'what has no package manager gets no identifier others know; name it in the catalog of a package manager'
const RELATED = 'make it from a lockfile or an installed tree, which know who needs what'
const HASH = 'make it from a lockfile with hashes, or list the installed files beside one'
const LICENCE = 'list what is installed: its licence files are read'
const TIME = 'give a time: SOURCE_DATE_EPOCH, or let the tool take the time of the commit'
const AGAIN = 'make the document again with `tally sbom convert`'

/** The minimum elements of July 2021 (NTIA). */
const NTIA: Standard = {
  id: 'ntia-2021',
  title: 'NTIA minimum elements (2021)',
  elements: (sbom) => [
    ofComponents('supplier', 'Supplier name', sbom, ({ producer }) => producer !== undefined, PRODUCER, 'producer'),
    ofComponents('name', 'Component name', sbom, ({ name }) => name !== '', AGAIN),
    ofComponents('version', 'Version of the component', sbom, ({ version }) => version !== '', VERSION),
    ofComponents('identifier', 'Other unique identifiers', sbom, hasIdentifier, IDENTIFIER),
    ofComponents('relationship', 'Dependency relationship', sbom, isRelated(sbom), RELATED),
    ofDocument('author', 'Author of SBOM data', sbom.author !== undefined, AUTHOR),
    ofDocument('timestamp', 'Timestamp', isTime(sbom.created), TIME),
  ],
}

/** The minimum elements that CISA, NSA, FBI and partners published on 2026-07-29 (version 2.1), which replace those of 2021: 17 data fields. */
const CISA: Standard = {
  id: 'cisa-2026',
  title: 'CISA minimum elements (2026)',
  elements: (sbom, document) => [
    ofDocument('author', 'SBOM author', sbom.author !== undefined, AUTHOR),
    ofDocument(
      'author-signature',
      'SBOM author signature',
      document.signed,
      'sign it beside the document: tally attest ARTIFACT --type cyclonedx --predicate FILE (a signature outside is not seen here)',
    ),
    ofDocument('format-name', 'SBOM data format name', true, AGAIN),
    ofDocument(
      'format-version',
      'SBOM data format version',
      isCurrent(document.format, document.version),
      'convert it: --format cyclonedx-json@1.6, or spdx-json',
    ),
    ofDocument('generation-context', 'SBOM generation context', sbom.phase !== undefined, AGAIN),
    ofDocument('timestamp', 'SBOM timestamp', isTime(sbom.created), TIME),
    ofDocument('tool-name', 'SBOM tool name', sbom.tool.name !== '' && sbom.tool.name !== 'unknown', AGAIN),
    ofDocument('tool-version', 'SBOM tool version', sbom.tool.version !== '', AGAIN),
    ofDocument('sbom-version', 'SBOM version', document.revision !== '', AGAIN),
    ofComponents('producer', 'Component producer', sbom, ({ producer }) => producer !== undefined, PRODUCER, 'producer'),
    ofComponents('relationship', 'Component dependency relationship', sbom, isRelated(sbom), RELATED),
    ofComponents('hash-value', 'Component hash value', sbom, hasHash, HASH, 'hashes'),
    ofComponents('hash-algorithm', 'Component hash algorithm', sbom, hasHash, HASH, 'hashes'),
    ofComponents('identifiers', 'Component identifiers', sbom, hasIdentifier, IDENTIFIER),
    ofComponents('licence', 'Component license', sbom, hasLicence, LICENCE, 'licence'),
    ofComponents('name', 'Component name', sbom, ({ name }) => name !== '', AGAIN),
    ofComponents('version', 'Component version', sbom, ({ version }) => version !== '', VERSION),
  ],
}

/** BSI TR-03183-2, version 2.1.0 of 2025-08-20: the fields it requires. */
const BSI: Standard = {
  id: 'bsi-tr-03183-2',
  title: 'BSI TR-03183-2 (2.1.0)',
  elements: (sbom, document) => [
    ofDocument(
      'format',
      'CycloneDX 1.6 or SPDX 3.0.1, or later',
      isNewEnough(document.format, document.version),
      'convert it: --format cyclonedx-json@1.6 or spdx-json@3.0.1',
    ),
    ofDocument(
      'creator',
      'Creator of the SBOM, by e-mail address or URL',
      sbom.author !== undefined && contactKind(sbom.author) !== undefined,
      AUTHOR,
    ),
    ofDocument('timestamp', 'Timestamp', isTime(sbom.created), TIME),
    ofDocument('uri', 'URI of the SBOM', document.id !== '', AGAIN),
    ofDocument(
      'no-vulnerabilities',
      'No vulnerabilities in it',
      !document.hasVulnerabilities,
      'keep vulnerabilities in a document of their own (VEX)',
    ),
    ofComponents(
      'component-creator',
      'Component creator, by e-mail address or URL',
      sbom,
      ({ producer }) => producer !== undefined && contactKind(producer) !== undefined,
      PRODUCER,
      'producer',
    ),
    ofComponents('name', 'Component name', sbom, ({ name }) => name !== '', AGAIN),
    ofComponents('version', 'Component version', sbom, ({ version }) => version !== '', VERSION),
    ofComponents(
      'filename',
      'Filename',
      sbom,
      property('bsi:component:filename'),
      'only whoever builds the product knows it: add the property bsi:component:filename',
    ),
    ofComponents(
      'dependencies',
      'Dependencies, and whether they are complete',
      sbom,
      sbom.completeness === 'unknown' ? () => false : isRelated(sbom),
      RELATED,
    ),
    ofComponents(
      'distribution-licences',
      'Distribution licences',
      sbom,
      (one) => [one.concluded?.licence, one.licence].some(isSpdx),
      LICENCE,
      'licence',
    ),
    ofComponents(
      'hash',
      'SHA-512 of the deployable component',
      sbom,
      ({ hashes, distributions = [] }) => [hashes, ...distributions.map((one) => one.hashes)].some((set) => set['sha512'] !== undefined),
      HASH,
      'hashes',
    ),
    ofComponents(
      'executable',
      'Executable property',
      sbom,
      property('bsi:component:executable'),
      'add the property bsi:component:executable',
    ),
    ofComponents('archive', 'Archive property', sbom, property('bsi:component:archive'), 'add the property bsi:component:archive'),
    ofComponents(
      'structured',
      'Structured property',
      sbom,
      property('bsi:component:structured'),
      'add the property bsi:component:structured',
    ),
    ofComponents(
      'deployable-uri',
      'URI of the deployable form',
      sbom,
      ({ distributions = [] }) => distributions.some(({ url }) => url !== undefined),
      HASH,
      'distributions',
    ),
    ofComponents('identifiers', 'Other unique identifiers', sbom, hasIdentifier, IDENTIFIER),
    ofComponents('original-licences', 'Original licences', sbom, ({ licence }) => isSpdx(licence), LICENCE, 'licence'),
  ],
}

export const STANDARDS: readonly Standard[] = [NTIA, CISA, BSI]

function property(name: string): (component: { readonly properties?: Readonly<Record<string, string>> }) => boolean {
  return ({ properties = {} }) => Object.hasOwn(properties, name)
}

function isSpdx(licence: string | undefined): boolean {
  return licence !== undefined && readLicence(licence).kind !== 'name'
}

/** Versions that their format has not withdrawn. */
function isCurrent(format: string, version: string): boolean {
  return format === 'CycloneDX' ? /^1\.[5-9]/.test(version) : /^(?:2\.3|3\.)/.test(version)
}

function isNewEnough(format: string, version: string): boolean {
  return format === 'CycloneDX' ? /^1\.[6-9]/.test(version) : /^3\.(?:0\.[1-9]|[1-9])/.test(version)
}
