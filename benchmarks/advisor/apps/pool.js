// A pool of 10 connections in each process, and queries of 50 ms: a database driver as it comes.
import { setTimeout } from 'node:timers/promises'

const CONNECTIONS = 10
const QUERY_MS = 50
const waiting = []
let free = CONNECTIONS

async function query() {
  if (free > 0) free--
  else await new Promise((resolve) => waiting.push(resolve))
  await setTimeout(QUERY_MS)
  const next = waiting.shift()
  if (next === undefined) free++
  else next()
}

export default async function pool(_request, response) {
  await query()
  response.end('pool\n')
}
