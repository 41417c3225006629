/** More slips than this and it is another word. */
const MOST_SLIPS = 3

/** The name that was probably meant: one that ends or begins the same, or is a few slips away; `null` for none. */
export function nearest(wanted: string, names: readonly string[]): string | null {
  const text = wanted.toLowerCase()
  const part = names.find((name) => text.length > 2 && name.split('.').some((word) => word === text))
  if (part !== undefined) return part
  const [best] = names
    .map((name) => ({ name, slips: slipsBetween(text, name) }))
    .toSorted((a, b) => a.slips - b.slips)
  return best !== undefined && best.slips <= MOST_SLIPS ? best.name : null
}

/** Letters to change, add or leave out (Levenshtein), one row of the table at a time. */
function slipsBetween(a: string, b: string): number {
  const letters = Array.from(b)
  let row = letters.map((_, column) => column + 1)
  for (const [line, letter] of Array.from(a).entries()) {
    let diagonal = line
    let left = line + 1
    row = row.map((above, column) => {
      const slips = Math.min(above + 1, left + 1, diagonal + (letter === letters[column] ? 0 : 1))
      diagonal = above
      left = slips
      return slips
    })
  }
  return row.at(-1) ?? a.length
}
