import type { Receipt } from '../trust/receipt.ts'

/**
 * The most receipts that can be counted with neither an authority nor a key counted twice: one key under two names, and two
 * keys of one name, count once each. Earlier receipts are preferred. It is a greatest matching between authorities and keys,
 * so that one more receipt never lowers the count.
 */
export function distinctSigners<T extends { readonly receipt: Receipt }>(candidates: readonly T[]): readonly T[] {
  const byKey = new Map<string, T>()
  const offers = new Map<string, T[]>()
  for (const candidate of candidates) {
    const list = offers.get(candidate.receipt.signer.authority) ?? []
    list.push(candidate)
    offers.set(candidate.receipt.signer.authority, list)
  }
  const place = (authority: string, tried: Set<string>): boolean => {
    for (const candidate of offers.get(authority) ?? []) {
      const { keyId } = candidate.receipt.signer
      if (tried.has(keyId)) continue
      tried.add(keyId)
      const holder = byKey.get(keyId)
      if (holder === undefined || place(holder.receipt.signer.authority, tried)) {
        byKey.set(keyId, candidate)
        return true
      }
    }
    return false
  }
  for (const authority of offers.keys()) place(authority, new Set())
  return [...byKey.values()]
}
