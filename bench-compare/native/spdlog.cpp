// spdlog (C++) with the same workloads and the same protocol as the rivals in Rust: see
// bench-compare/README.md. The messages are those of harness/workload.rs, and the measuring is that
// of harness/latency.rs.

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <sys/resource.h>
#include <sys/stat.h>
#include <thread>
#include <vector>
#include <x86intrin.h>

#include <spdlog/async.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/spdlog.h>

namespace {

using Clock = std::chrono::steady_clock;
using Milliseconds = std::chrono::milliseconds;

// The two halves stand before and after the version of the library.
constexpr const char *kAbout[] = {
    R"about({"title":"spdlog (C++)","package":"spdlog )about",
    R"about(","config":"Debian's libspdlog-dev; async logger, 131,072 records, full: blocks",)about"
    R"about("workloads":["basic","threads2","threads10","string35","large","latency"]})about",
};

const std::string kText = "AAPL.XNAS limit day buy, book main.";
const std::string kTrace = "4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7";
const std::string kRoute = "/api/v2/accounts/:account/portfolios/:portfolio/orders/:order";
const std::string kClient =
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 "
    "Safari/537.36 trading-desk/9.12.4 (build; release)";
const std::string kTags =
    "region:eu-central,zone:b,tier:gold,desk:equities,strategy:vwap,venue:primary,book:main,"
    "currency:eur,session:continuous,reviewed:yes";
const std::string kBody =
    "Execution report for a parent order that was split into child orders, worked over the "
    "session. The schedule followed the volume curve of the last twenty days, pausing twice while "
    "the spread was wider than the limit of the client. No child order was rejected by the venue. "
    "The average price is inside the arrival band, the participation stayed below the cap and the "
    "residual quantity was released to the closing auction. Settlement instructions were taken "
    "from the account and confirmed by the custodian.";

double price(uint64_t n) { return 100.125 + 0.25 * static_cast<double>(n & 1023); }

std::shared_ptr<spdlog::logger> start(const char *file) {
    spdlog::init_thread_pool(131072, 1);
    auto sink = std::make_shared<spdlog::sinks::basic_file_sink_mt>(file, true);
    auto logger = std::make_shared<spdlog::async_logger>(
        "compare", sink, spdlog::thread_pool(), spdlog::async_overflow_policy::block);
    logger->set_level(spdlog::level::info);
    logger->set_pattern("%Y-%m-%dT%H:%M:%S.%f %l %n: %v");
    return logger;
}

// The pool writes what is queued before it ends, and the file is closed with its last owner.
void finish(std::shared_ptr<spdlog::logger> &logger) {
    logger.reset();
    spdlog::shutdown();
}

void basic(spdlog::logger &log, uint32_t worker, uint64_t n) {
    log.info("order filled on the primary venue: worker {}, n {}, px {}", worker, n, price(n));
}

void string35(spdlog::logger &log, uint32_t worker, uint64_t n) {
    log.info("order: worker {}, n {}, text {}", worker, n, kText);
}

void large(spdlog::logger &log, uint32_t worker, uint64_t n) {
    log.info("execution report: worker {}, n {}, px {}, trace {}, route {}, client {}, tags {}, "
             "body {}",
             worker, n, price(n), kTrace, kRoute, kClient, kTags, kBody);
}

double cpu_seconds() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    auto seconds = [](timeval time) { return time.tv_sec + time.tv_usec * 1e-6; };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double seconds_since(Clock::time_point began) {
    return std::chrono::duration<double>(Clock::now() - began).count();
}

void report(uint64_t messages, double seconds, double cpu, const char *file,
            const std::string &latency) {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    struct stat found {};
    stat(file, &found);
    std::printf("{\"messages\":%llu,\"seconds\":%.6f,\"cpu_seconds\":%.6f,\"peak_bytes\":%lld,"
                "\"bytes\":%lld%s}\n",
                static_cast<unsigned long long>(messages), seconds, cpu,
                static_cast<long long>(usage.ru_maxrss) * 1024,
                static_cast<long long>(found.st_size), latency.c_str());
}

template <class Call>
void throughput(const char *file, uint64_t messages, uint32_t threads, Call call) {
    auto logger = start(file);
    const double cpu = cpu_seconds();
    const auto began = Clock::now();
    std::vector<std::thread> workers;
    for (uint32_t worker = 0; worker < threads; ++worker) {
        const uint64_t calls = messages / threads + (worker < messages % threads ? 1 : 0);
        workers.emplace_back([&, worker, calls] {
            for (uint64_t n = 0; n < calls; ++n) call(*logger, worker, n);
        });
    }
    for (auto &worker : workers) worker.join();
    finish(logger);
    const double seconds = seconds_since(began);
    report(messages, seconds, cpu_seconds() - cpu, file, "");
}

uint64_t ticks_before() {
    _mm_lfence();
    const uint64_t ticks = __rdtsc();
    _mm_lfence();
    return ticks;
}

uint64_t ticks_after() {
    unsigned aux;
    const uint64_t ticks = __rdtscp(&aux);
    _mm_lfence();
    return ticks;
}

template <class Work> double timed(Work work) {
    const uint64_t before = ticks_before();
    work();
    return static_cast<double>(ticks_after() - before);
}

double at(std::vector<double> &samples, double share) {
    std::sort(samples.begin(), samples.end());
    const auto rank = static_cast<size_t>(std::ceil(samples.size() * share));
    return samples[rank ? rank - 1 : 0];
}

double fast_mean(std::vector<double> &samples) {
    std::sort(samples.begin(), samples.end());
    const size_t count = (samples.size() * 9 + 9) / 10;
    double sum = 0;
    for (size_t i = 0; i < count; ++i) sum += samples[i];
    return sum / count;
}

void latency(const char *file, uint64_t bursts) {
    constexpr int kBurst = 20;
    auto logger = start(file);
    const double cpu = cpu_seconds();
    const auto began = Clock::now();
    const uint64_t origin = ticks_before();
    uint64_t next = 0;
    auto call = [&] { basic(*logger, 0, next++); };
    auto sleep = [](int ms) { std::this_thread::sleep_for(Milliseconds(ms)); };
    for (int i = 0; i < 80; ++i) {
        for (int k = 0; k < 1000; ++k) call();
        sleep(1);
    }
    sleep(40);
    std::vector<double> calls, timers, whole, cold;
    calls.reserve(bursts * kBurst);
    timers.reserve(bursts * kBurst);
    for (uint64_t i = 0; i < bursts; ++i) {
        sleep(2);
        for (int k = 0; k < kBurst; ++k) calls.push_back(timed(call));
        for (int k = 0; k < kBurst; ++k) timers.push_back(timed([] {}));
    }
    for (uint64_t i = 0; i < std::max<uint64_t>(bursts / 2, 1); ++i) {
        sleep(2);
        whole.push_back(timed([&] {
            for (int k = 0; k < kBurst; ++k) call();
        }));
    }
    for (uint64_t i = 0; i < bursts; ++i) {
        sleep(1);
        cold.push_back(timed(call));
    }
    sleep(20);
    const double idle_cpu = cpu_seconds();
    const auto idle_began = Clock::now();
    sleep(300);
    const double idle = (cpu_seconds() - idle_cpu) / seconds_since(idle_began);
    const double unit = seconds_since(began) * 1e9 / static_cast<double>(ticks_before() - origin);

    constexpr uint64_t kDisabled = 200000;
    std::vector<double> disabled;
    for (int i = 0; i < 5; ++i) {
        const auto loop = Clock::now();
        for (uint64_t n = 0; n < kDisabled; ++n) {
            logger->debug("order filled on the primary venue: worker {}, n {}, px {}", 0, n,
                          price(n));
            asm volatile("" ::: "memory");
        }
        disabled.push_back(seconds_since(loop) * 1e9 / kDisabled);
    }
    const double timer = at(timers, 0.5);
    auto net = [&](double ticks) { return std::max(ticks - timer, 0.0) * unit; };
    const double typical = std::max(fast_mean(calls) - fast_mean(timers), 0.0) * unit;
    char text[512];
    std::snprintf(text, sizeof text,
                  ",\"latency\":{\"p50\":%.2f,\"p99\":%.2f,\"p99_9\":%.2f,\"typical\":%.2f,"
                  "\"burst\":%.2f,\"cold\":%.2f,\"timer\":%.2f,\"disabled\":%.3f,"
                  "\"idle_cpu\":%.5f}",
                  net(at(calls, 0.5)), net(at(calls, 0.99)), net(at(calls, 0.999)), typical,
                  net(at(whole, 0.5)) / kBurst, net(at(cold, 0.5)), timer * unit,
                  at(disabled, 0.5), idle);
    finish(logger);
    const double seconds = seconds_since(began);
    report(next, seconds, cpu_seconds() - cpu, file, text);
}

} // namespace

int main(int argc, char **argv) {
    if (argc == 2 && !std::strcmp(argv[1], "about")) {
        std::printf("%s%d.%d.%d%s\n", kAbout[0], SPDLOG_VER_MAJOR, SPDLOG_VER_MINOR,
                    SPDLOG_VER_PATCH, kAbout[1]);
        return 0;
    }
    if (argc != 5 || std::strcmp(argv[1], "run")) {
        std::fprintf(stderr, "usage: about | run WORKLOAD MESSAGES FILE\n");
        return 2;
    }
    const std::string workload = argv[2];
    const uint64_t messages = std::strtoull(argv[3], nullptr, 10);
    const char *file = argv[4];
    if (workload == "basic") throughput(file, messages, 1, basic);
    else if (workload == "threads2") throughput(file, messages, 2, basic);
    else if (workload == "threads10") throughput(file, messages, 10, basic);
    else if (workload == "string35") throughput(file, messages, 1, string35);
    else if (workload == "large") throughput(file, messages, 1, large);
    else if (workload == "latency") latency(file, messages);
    else return 2;
    return 0;
}
