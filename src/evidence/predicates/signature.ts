import { object } from './parts.ts'

/** cosign 3's signature of an image: a statement whose predicate says nothing; what is signed is the subject. */
export const signatureSchema = object
