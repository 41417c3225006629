-- Microseconds; one line that a program reads.
done = function(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format("RESULT %d %d %d %d %d\n", summary.requests, summary.duration,
    latency:percentile(50.0), latency:percentile(99.0),
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
