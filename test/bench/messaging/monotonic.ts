// A clock that all processes of a machine share: that of the system, as it counts up, at the price of performance.now().

const offsetMs = Number(process.hrtime.bigint()) / 1e6 - performance.now()

export function monotonicMs(): number {
  return performance.now() + offsetMs
}
