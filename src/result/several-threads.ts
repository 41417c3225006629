/** CPU as a part of the response time, which one thread cannot use up more than once; of one thread alone it rounds to 100 %. */
export function worksOnSeveralThreads(cpuShare: number): boolean {
  return cpuShare >= 1.005
}
