import { z } from 'zod'
import { projectSchema } from './config.ts'
import { shipReceiptSchema } from './receipt-schema.ts'

/** JSON Schema of tally.yaml, for editors: schemas/tally.schema.json. */
export function projectJsonSchema(): object {
  return { $id: 'https://tallystick.dev/schemas/tally.schema.json', title: 'tally.yaml', ...z.toJSONSchema(projectSchema, { io: 'input' }) }
}

/** JSON Schema of what `tally ship --format json` prints: schemas/receipt.schema.json. */
export function receiptJsonSchema(): object {
  return { $id: 'https://tallystick.dev/schemas/receipt.schema.json', title: 'receipt of tally ship', ...z.toJSONSchema(shipReceiptSchema) }
}
