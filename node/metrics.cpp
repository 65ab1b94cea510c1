#include "node/metrics.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <mutex>

namespace gavel::node {

void Counter::add(double by) { impl_->Increment(by); }
double Counter::value() const { return impl_->Value(); }

void Gauge::set(double value) { impl_->Set(value); }
void Gauge::add(double by) { impl_->Increment(by); }
double Gauge::value() const { return impl_->Value(); }

void Histogram::observe(double value) { impl_->Observe(value); }

std::vector<double> latency_buckets() { return {0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 60}; }

struct Metrics::Impl {
    prometheus::Registry registry;
    mutable std::mutex mutex;  // guards what follows
    std::vector<std::function<void()>> updates;
};

Metrics::Metrics() : impl_(std::make_unique<Impl>()) {}
Metrics::~Metrics() = default;

Counter Metrics::counter(const std::string& name, const std::string& help, const Labels& labels) {
    return Counter(prometheus::BuildCounter().Name(name).Help(help).Register(impl_->registry).Add(labels));
}

Gauge Metrics::gauge(const std::string& name, const std::string& help, const Labels& labels) {
    return Gauge(prometheus::BuildGauge().Name(name).Help(help).Register(impl_->registry).Add(labels));
}

Histogram Metrics::histogram(const std::string& name, const std::string& help, const std::vector<double>& buckets,
                             const Labels& labels) {
    return Histogram(prometheus::BuildHistogram().Name(name).Help(help).Register(impl_->registry).Add(labels, buckets));
}

void Metrics::before_text(std::function<void()> update) {
    std::lock_guard lock(impl_->mutex);
    impl_->updates.push_back(std::move(update));
}

std::string Metrics::text() const {
    std::vector<std::function<void()>> updates;
    {
        std::lock_guard lock(impl_->mutex);
        updates = impl_->updates;
    }
    for (const auto& update : updates) update();
    return prometheus::TextSerializer().Serialize(impl_->registry.Collect());
}

}  // namespace gavel::node
