// Allocates some megabytes of small objects per request and keeps the last few: the collector has much to copy.
const KEPT = 20
const OBJECTS = 20_000
const kept = []

export default function garbage(_request, response) {
  const rows = Array.from({ length: OBJECTS }, (_, index) => ({
    index,
    name: `row ${index}`,
    tags: [index, index + 1],
  }))
  kept.push(rows)
  if (kept.length > KEPT) kept.shift()
  response.end(`${rows.length} ${kept.length}\n`)
}
