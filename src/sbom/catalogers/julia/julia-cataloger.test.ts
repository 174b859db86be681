import { describe, expect, it } from 'vitest'
import { fuzzCataloger } from '../../fuzz-fixture.ts'
import { catalogTexts, shownComponents, shownEdges } from '../test-catalog.ts'
import { juliaCataloger } from './julia-cataloger.ts'

const JSON_ID = '682c06a0-de6a-54ab-a142-c8b1cf79cde6'
const DATES_ID = 'ade2ca70-3891-5945-98fb-dc099432e06a'
const APP_ID = '11111111-2222-3333-4444-555555555555'
const NEW = `# This file is machine-generated
julia_version = "1.9.0"
manifest_format = "2.0"

[[deps.JSON]]
deps = ["Dates", "Absent"]
git-tree-sha1 = "31e996f0a15c7b280ba9f76636b3ff9e2ae58c9a"
uuid = "${JSON_ID}"
version = "0.21.4"

[[deps.Dates]]
uuid = "${DATES_ID}"

[[deps.Twin]]
uuid = "00000000-0000-0000-0000-000000000001"
version = "1.0.0"
    [deps.Twin.deps]
    JSON = "${JSON_ID}"
`
const OLD = `[[JSON]]\nuuid = "${JSON_ID}"\nversion = "0.20.0"\n`
const PROJECT = `name = "App"\nuuid = "${APP_ID}"\nversion = "0.1.0"\n\n[deps]\nJSON = "${JSON_ID}"\n`

describe('Manifest.toml', () => {
  it('lists packages by their ids, and what needs which', () => {
    const found = catalogTexts(juliaCataloger, { 'Manifest.toml': NEW, 'Project.toml': PROJECT }, 'runtime-closure')
    expect(shownComponents(found)).toEqual([
      `required julia/Dates?uuid=${DATES_ID}`,
      `required julia/JSON@0.21.4?uuid=${JSON_ID}`,
      'required julia/Twin@1.0.0?uuid=00000000-0000-0000-0000-000000000001',
    ])
    expect(shownEdges(found)).toEqual([
      `julia/App@0.1.0?uuid=${APP_ID} > julia/JSON@0.21.4?uuid=${JSON_ID}`,
      `julia/JSON@0.21.4?uuid=${JSON_ID} > julia/Dates?uuid=${DATES_ID}`,
      `julia/Twin@1.0.0?uuid=00000000-0000-0000-0000-000000000001 > julia/JSON@0.21.4?uuid=${JSON_ID}`,
    ])
    expect(found.read).toEqual(['Manifest.toml', 'Project.toml'])
  })

  it('is read in its first format, and when it is empty', () => {
    expect(shownComponents(catalogTexts(juliaCataloger, { 'Manifest.toml': OLD }))).toEqual([`required julia/JSON@0.20.0?uuid=${JSON_ID}`])
    expect(catalogTexts(juliaCataloger, { 'Manifest.toml': 'julia_version = "1.9"\nmanifest_format = "2.0"\n' }).components).toEqual([])
  })

  it('is nothing of Julia when others call their file so', () => {
    expect(catalogTexts(juliaCataloger, { 'Manifest.toml': '[manifest]\nname = "x"\n' }, 'runtime-closure')).toMatchObject({
      components: [],
      read: ['Manifest.toml'],
    })
  })

  it.each(['julia_version = "1"\n[[deps.A]]\nuuid = "x"\n', 'julia_version ='])('is refused as %j', (text) => {
    expect(() => catalogTexts(juliaCataloger, { 'Manifest.toml': text }, 'runtime-closure')).toThrow(
      expect.objectContaining({ code: 'artifact-malformed' }),
    )
  })

  it('is read or refused when it is damaged: 10,000 seeded mutations', { timeout: 120_000 }, async () => {
    expect((await fuzzCataloger(juliaCataloger, { 'Manifest.toml': NEW, 'Project.toml': PROJECT })).strange).toEqual([])
  })
})
