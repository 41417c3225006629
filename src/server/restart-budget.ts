interface BudgetSettings {
  /** So many workers may die within the window; 0: any number. */
  restartBudget: number
  restartWindowSeconds: number
}

/**
 * Bounds how fast workers are replaced that die again and again, however long each of them served. Once as many as the
 * budget have died within the window, one worker at a time is started, at the pace that the budget would last for ever;
 * when no more than half of it is used, the full pace is back.
 */
export class RestartBudget {
  #deathsMs: number[] = []
  #usedUp = false
  #startedMs = -Infinity

  /** @returns true when this death is the one that uses it up. */
  workerDied(settings: BudgetSettings, nowMs: number): boolean {
    this.#deathsMs.push(nowMs)
    const was = this.usedUp(settings, nowMs)
    this.#usedUp ||= settings.restartBudget > 0 && this.deaths(settings, nowMs) >= settings.restartBudget
    return this.#usedUp && !was
  }

  workerStarted(nowMs: number): void {
    this.#startedMs = nowMs
  }

  usedUp(settings: BudgetSettings, nowMs: number): boolean {
    this.#usedUp &&= this.deaths(settings, nowMs) > settings.restartBudget / 2
    return this.#usedUp
  }

  /** Workers that died within the window. */
  deaths(settings: BudgetSettings, nowMs: number): number {
    const sinceMs = nowMs - settings.restartWindowSeconds * 1000
    this.#deathsMs = this.#deathsMs.filter((atMs) => atMs > sinceMs)
    return this.#deathsMs.length
  }

  /** May another worker be started now? */
  allows(settings: BudgetSettings, nowMs: number): boolean {
    return !this.usedUp(settings, nowMs) || nowMs >= this.#startedMs + paceMs(settings)
  }
}

/** Time between two starts at which the budget lasts for ever. */
export function paceMs({ restartBudget, restartWindowSeconds }: BudgetSettings): number {
  return (restartWindowSeconds * 1000) / restartBudget
}
