// What a limit program reports: the same JSON line as the measuring child of the harness. Include it in one file a program.
#pragma once

#include <sys/resource.h>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <vector>

namespace limits {

using Clock = std::chrono::steady_clock;

inline double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// Peak resident bytes. Not ru_maxrss, which a program inherits from the one that started it.
inline long peak_resident() {
  long kib = 0;
  char line[256];
  if (std::FILE* status = std::fopen("/proc/self/status", "r")) {
    while (std::fgets(line, sizeof line, status) != nullptr && std::sscanf(line, "VmHWM: %ld", &kib) != 1) {
    }
    std::fclose(status);
  }
  return kib * 1024;
}

inline double cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         1e-6 * static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

// Runs `operation` until `seconds` are over, after a tenth of that as warm-up, and prints the line.
// `operation` returns how much it did, `unit` of which is one operation. With `latencies` each call is timed.
template <typename Operation>
void measure(double seconds, bool latencies, Operation operation, double unit = 1) {
  for (const auto start = Clock::now(); seconds_since(start) < seconds / 10;) operation();
  std::vector<double> times;
  double operations = 0;
  const auto start = Clock::now();
  const double cpu = cpu_seconds();
  do {
    const auto before = Clock::now();
    operations += static_cast<double>(operation());
    if (latencies) times.push_back(seconds_since(before));
  } while (seconds_since(start) < seconds);
  const double used = cpu_seconds() - cpu, wall = seconds_since(start);
  std::sort(times.begin(), times.end());
  const auto at = [&](double part) {
    return times.empty() ? 0.0 : times[static_cast<std::size_t>(part * static_cast<double>(times.size() - 1))];
  };
  std::printf(R"({"operations":%.3f,"cpu_s":%.9f,"wall_s":%.9f,"p50_s":%.9f,"p99_s":%.9f,"peak_rss":%ld})"
              "\n",
              operations / unit, used, wall, at(0.5), at(0.99), peak_resident());
}

// The value after `name` among the program's words, or `otherwise`.
inline const char* option(int count, char** words, std::string_view name, const char* otherwise) {
  for (int i = 1; i + 1 < count; ++i) {
    if (words[i] == name) return words[i + 1];
  }
  return otherwise;
}

inline bool flag(int count, char** words, std::string_view name) {
  return std::find(words + 1, words + count, name) != words + count;
}

}  // namespace limits
