// Figures of a running daemon, in Prometheus' text form.
//
//     Metrics metrics;
//     Counter refused = metrics.counter("gavel_refused_total", "Operations refused.", {{"reason", "BAD_NONCE"}});
//     refused.add();
//
// Names are of Prometheus' form ([a-z_:][a-z0-9_:]*), counters end in _total, times are in seconds (_seconds), sizes in bytes
// (_bytes). A label's values must be few and known (an enum's names), never text from a request. A bad name, or a name used for
// two kinds, is a bug and throws std::invalid_argument. Thread-safe. Handles are cheap to copy and valid as long as the Metrics.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace prometheus {
class Counter;
class Gauge;
class Histogram;
}  // namespace prometheus

namespace gavel::node {

class Counter {
public:
    void add(double by = 1);  // by >= 0
    double value() const;

private:
    friend class Metrics;
    explicit Counter(prometheus::Counter& impl) : impl_(&impl) {}
    prometheus::Counter* impl_;
};

class Gauge {
public:
    void set(double value);
    void add(double by);
    double value() const;

private:
    friend class Metrics;
    explicit Gauge(prometheus::Gauge& impl) : impl_(&impl) {}
    prometheus::Gauge* impl_;
};

class Histogram {
public:
    void observe(double value);

private:
    friend class Metrics;
    explicit Histogram(prometheus::Histogram& impl) : impl_(&impl) {}
    prometheus::Histogram* impl_;
};

using Labels = std::map<std::string, std::string>;

// Upper bounds in seconds, from 0.1 ms to 60 s, for Metrics::histogram.
std::vector<double> latency_buckets();

class Metrics {
public:
    Metrics();
    ~Metrics();
    Metrics(const Metrics&) = delete;
    Metrics& operator=(const Metrics&) = delete;

    // The same name and labels again give the same figure.
    Counter counter(const std::string& name, const std::string& help, const Labels& labels = {});
    Gauge gauge(const std::string& name, const std::string& help, const Labels& labels = {});
    // `buckets`: ascending upper bounds; the one for infinity is added.
    Histogram histogram(const std::string& name, const std::string& help, const std::vector<double>& buckets,
                        const Labels& labels = {});

    // Called at the start of each text(): sets the gauges that are cheaper to compute when read. Runs on the reader's thread.
    void before_text(std::function<void()> update);

    // The exposition format 0.0.4.
    std::string text() const;
    static constexpr const char* kContentType = "text/plain; version=0.0.4; charset=utf-8";

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace gavel::node
