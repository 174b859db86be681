import { LAYER_COMMAND } from '../layer-commands.ts'
import { WITHHOLDABLE } from '../model.ts'
import type { Component, Sbom, Withholdable } from '../model.ts'

/** Leaves fields out that are known, and says so: whoever reads the SBOM can tell what is withheld from what nobody knows. */
export function withhold(sbom: Sbom, fields: readonly Withholdable[]): Sbom {
  if (fields.length === 0) return sbom
  return { ...sbom, components: sbom.components.map((component) => withholdFrom(component, fields)) }
}

function withholdFrom(component: Component, fields: readonly Withholdable[]): Component {
  const held = fields.filter((field) => isKnown(component, field))
  if (held.length === 0) return component
  const without = (field: Withholdable): boolean => held.includes(field)
  const { producer, licence, concluded, distributions, layer, withheld = [], hashes, evidence, ...rest } = component
  return {
    ...rest,
    hashes: without('hashes') ? {} : hashes,
    evidence: without('evidence') ? [] : evidence,
    ...(producer === undefined || without('producer') ? {} : { producer }),
    ...(licence === undefined || without('licence') ? {} : { licence }),
    ...(concluded === undefined || without('licence') ? {} : { concluded }),
    ...(distributions === undefined || without('distributions') ? {} : { distributions }),
    ...(layer === undefined || without('layer') ? {} : { layer }),
    ...(rest.properties === undefined || !without('layer') ? {} : { properties: withoutCommand(rest.properties) }),
    withheld: WITHHOLDABLE.filter((field) => held.includes(field) || withheld.includes(field)),
  }
}

/** The command that made a layer tells of the layer. */
function withoutCommand(properties: NonNullable<Component['properties']>): NonNullable<Component['properties']> {
  return Object.fromEntries(Object.entries(properties).filter(([name]) => name !== LAYER_COMMAND))
}

function isKnown(component: Component, field: Withholdable): boolean {
  switch (field) {
    case 'hashes':
      return Object.keys(component.hashes).length > 0
    case 'evidence':
      return component.evidence.length > 0
    case 'licence':
      return component.licence !== undefined || component.concluded !== undefined
    default:
      return component[field] !== undefined
  }
}
