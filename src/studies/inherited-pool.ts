import { THREAD_POOL_VARIABLE, threadPoolOf, type Configuration } from '../result/configuration.js'

/** The size of libuv's pool that every server inherits whose configuration has none of its own. */
export function inheritedPool(): number | undefined {
  return threadPoolOf(process.env)
}

/** As it ran. The answer keeps its own figures, because where the app is served nobody inherits from here. */
export function withInheritedPool(configuration: Configuration): Configuration {
  const threadPool = configuration.threadPool ?? inheritedPool()
  return threadPool === undefined ? configuration : { ...configuration, threadPool }
}

/** Empty where nothing is inherited. */
export function inheritedPoolWarnings(): string[] {
  const size = inheritedPool()
  return size === undefined
    ? []
    : [
        `${THREAD_POOL_VARIABLE}=${process.env[THREAD_POOL_VARIABLE]} of this environment held for every server that has no pool of its own: set it where the app is served too, or measure without it`,
      ]
}
