import { setTimeout as wait } from 'node:timers/promises'

export interface Order {
  id: number
  zip: number
  weightKg: number
  cents: number
}

/** Stands for a database on another machine: a query takes this long, and costs this process nothing meanwhile. */
const QUERY_MS = 8

const orders = new Map(
  Array.from({ length: 500 }, (_, index): [number, Order] => {
    const id = index + 1
    return [
      id,
      { id, zip: 1000 + ((id * 37) % 9000), weightKg: 1 + (id % 30), cents: 990 + ((id * 7919) % 50_000) },
    ]
  }),
)

export async function findOrder(id: number): Promise<Order | undefined> {
  await wait(QUERY_MS)
  return orders.get(id)
}

export async function latestOrders(count: number): Promise<Order[]> {
  await wait(QUERY_MS)
  return [...orders.values()].slice(-count)
}
