import type { Finding } from '../../../kernel/finding.ts'
import { safeText, shorten } from '../../../kernel/text.ts'
import { findingAt } from '../../rule.ts'
import type { CheckFile, Rule } from '../../rule.ts'
import { isDockerfile, parseDockerfile } from './parse-dockerfile.ts'
import type { DockerWord } from './parse-dockerfile.ts'
import { stagesOf, unquote } from './stages.ts'
import type { Stage } from './stages.ts'

const DIGEST = /@sha256:[0-9a-f]{64}$/

/** A tag names other bits tomorrow; a digest does not. */
export const unpinnedImage: Rule = {
  id: 'unpinned-image',
  family: 'dockerfile',
  severity: 'high',
  title: 'A base image is not pinned to a digest',
  help: 'write the digest behind the tag: FROM name:tag@sha256:<digest>; `skopeo inspect docker://name:tag` prints it',
  docs: 'docs/rules.md#unpinned-image',
  wants: isDockerfile,
  check: (file) => {
    const stages = stagesOf(parseDockerfile(file.text))
    return stages.flatMap((stage, index) => {
      const copies = stage.body.flatMap((instruction) => copiesFrom(file, instruction, stages.slice(0, index + 1)))
      return judgeFrom(file, stage).concat(copies)
    })
  },
}

function judgeFrom(file: CheckFile, stage: Stage): readonly Finding[] {
  if (stage.image === undefined || stage.base !== undefined) return []
  if (stage.resolved === undefined) {
    if (DIGEST.test(unquote(stage.image.text))) return []
    const message = `\`${show(stage.image.text)}\` is whatever the build argument says`
    return [findingAt(unpinnedImage, file, stage.image, message, { severity: 'medium', confidence: 'medium' })]
  }
  return judgeImage(file, stage.image, stage.resolved)
}

function judgeImage(file: CheckFile, place: DockerWord, image: string): readonly Finding[] {
  if (image.toLowerCase() === 'scratch' || DIGEST.test(image)) return []
  const tag = /:([^/:]+)$/.exec(image)?.[1]
  if (tag === undefined || tag === 'latest') return [findingAt(unpinnedImage, file, place, `\`${show(image)}\` is whatever is newest`)]
  return [findingAt(unpinnedImage, file, place, `\`${show(image)}\` names a tag, which can be moved`, { severity: 'medium' })]
}

/** `COPY --from=` takes files of an image that is no stage of this file. */
function copiesFrom(file: CheckFile, instruction: Stage['from'], earlier: readonly Stage[]): readonly Finding[] {
  if (instruction.keyword !== 'COPY') return []
  return instruction.words
    .filter((word) => word.text.startsWith('--from='))
    .flatMap((word) => {
      const source = unquote(word.text.slice('--from='.length))
      const isStage = /^\d+$/.test(source) || earlier.some((stage) => stage.name === source.toLowerCase())
      return isStage || source.includes('$') ? [] : judgeImage(file, word, source)
    })
}

function show(image: string): string {
  return shorten(safeText(image), 100)
}
