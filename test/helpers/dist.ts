/**
 * A module of the build, with the types of its source. What starts processes of its own finds their programs beside itself,
 * and those exist as JavaScript only in `dist`.
 */
export async function fromDist<Module>(path: string): Promise<Module> {
  return (await import(new URL(`../../dist/${path}`, import.meta.url).href)) as Module
}
