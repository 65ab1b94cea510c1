#include "bench/speed_load_grpc.hpp"

#include "gavel/v1/sequencer.grpc.pb.h"

#include <atomic>
#include <ctime>
#include <mutex>
#include <stdexcept>
#include <thread>

#include "bench/speed_lane_grpc.hpp"
#include "node/grpc_deadline.hpp"

namespace gavel::bench {
namespace {

using Timer = std::chrono::steady_clock;
constexpr unsigned kConnections = 8;
constexpr std::chrono::seconds kPatience{60};  // with the last answers

Timer::duration span_of(double seconds) {
    return std::chrono::duration_cast<Timer::duration>(std::chrono::duration<double>(seconds));
}

// Every lane's answers, under one lock: a thread empties the queue, and at a rate another one sends.
class Load final : public LaneOwner {
public:
    Load(const std::string& sequencer, Payments& payments, const LoadShape& shape) : payments_(payments), shape_(shape) {
        for (unsigned i = 0; i < std::min(kConnections, shape.lanes); ++i)
            stubs_.push_back(std::make_unique<grpc::GenericStub>(own_connection(sequencer)));
        for (unsigned i = 0; i < shape.lanes; ++i) {
            const LanePlace place{*this, *stubs_[i % stubs_.size()], queue_, i};
            lanes_.push_back(shape.calls ? call_lane(place) : stream_lane(place, shape.window));
        }
    }

    ~Load() override {
        for (auto& lane : lanes_) lane->cancel();
        queue_.Shutdown();
        void* tag = nullptr;
        for (bool ok = false; queue_.Next(&tag, &ok);) continue;
    }

    LoadResult run(double seconds) {
        const double cpu = double(std::clock()) / CLOCKS_PER_SEC;
        for (auto& lane : lanes_) lane->start();
        while (!shape_.calls && !all([](const Lane& lane) { return lane.has_room(); })) next_event(Timer::now() + kPatience);
        const auto start = Timer::now();
        begin_ = start + span_of(kWarmUpSeconds);
        end_ = begin_ + span_of(seconds);
        if (shape_.rate > 0) pace(start);
        else send_on_answers();
        finish();
        out_.cpu_seconds = double(std::clock()) / CLOCKS_PER_SEC - cpu;
        if (out_.ran_dry) end_ = std::min(end_, dry_at_);
        out_.seconds = std::chrono::duration<double>(end_ - begin_).count();
        out_.per_second = out_.seconds > 0 ? double(in_window_) / out_.seconds : 0;
        return std::move(out_);
    }

    std::string bytes_of(const LoadMessage& message) override {
        if (shape_.calls) return std::string(payments_.request(message.payments[0]));
        std::string out;
        for (uint32_t payment : message.payments) out += payments_.entry(payment);
        return out;
    }

    void answered(unsigned lane, const LoadMessage& message, const std::vector<std::string>& refusals) override {
        const auto now = Timer::now();
        uint64_t confirmed = 0;
        for (size_t i = 0; i < refusals.size(); ++i) {
            if (refusals[i].empty()) {
                payments_.confirm(message.payments[i]);
                ++confirmed;
            } else {
                payments_.put_back(message.payments[i]);
                ++out_.refused[refusals[i]];
            }
        }
        out_.confirmed += confirmed;
        if (now >= begin_ && now < end_) in_window_ += confirmed;
        if (confirmed == refusals.size() && message.intended >= begin_)
            out_.waits_ms.push_back(std::chrono::duration<float, std::milli>(now - message.intended).count());
        if (shape_.rate == 0) fill(lane);
    }

private:
    template <class Holds>
    bool all(const Holds& holds) {
        for (auto& lane : lanes_)
            if (!holds(*lane)) return false;
        return true;
    }

    bool send(unsigned lane, Timer::time_point intended) {
        LoadMessage message{{}, intended};
        payments_.take(lane, shape_.lanes, shape_.calls ? 1 : shape_.per_message, message.payments);
        if (message.payments.empty()) {
            if (!out_.ran_dry) dry_at_ = Timer::now();
            out_.ran_dry = true;
            return false;
        }
        lanes_[lane]->send(std::move(message));
        return true;
    }

    void fill(unsigned lane) {
        while (lanes_[lane]->has_room() && !out_.ran_dry) {
            const auto now = Timer::now();
            if (now >= end_ || !send(lane, now)) return;
        }
    }

    // False at the deadline.
    bool next_event(Timer::time_point until) {
        void* tag = nullptr;
        bool ok = false;
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - Timer::now());
        const auto status = queue_.AsyncNext(&tag, &ok, node::grpc_deadline(std::max(left, std::chrono::milliseconds(1))));
        if (status != grpc::CompletionQueue::GOT_EVENT) return false;
        std::lock_guard lock(mutex_);
        auto& event = *static_cast<Lane::Event*>(tag);
        event.lane->on(event.kind, ok);
        event.lane->is_over();  // throws if it shouldn't be
        return true;
    }

    void send_on_answers() {
        for (unsigned lane = 0; lane < shape_.lanes; ++lane) fill(lane);
        while (Timer::now() < end_ && !out_.ran_dry) next_event(end_);
    }

    void pace(Timer::time_point start) {
        std::atomic<bool> is_over{false};
        std::thread pacer([&] {
            for (uint64_t i = 0;; ++i) {
                const auto when = start + span_of(double(i) * shape_.per_message / shape_.rate);
                if (when >= end_) break;
                std::this_thread::sleep_until(when);
                const unsigned lane = static_cast<unsigned>(i % shape_.lanes);
                std::lock_guard lock(mutex_);
                if (!lanes_[lane]->has_room()) out_.held_back += shape_.per_message;
                else if (!send(lane, when)) break;
            }
            is_over = true;
        });
        try {
            while (!is_over) next_event(Timer::now() + std::chrono::milliseconds(20));
        } catch (...) {
            pacer.join();
            throw;
        }
        pacer.join();
    }

    void finish() {
        for (auto& lane : lanes_) lane->close();
        const auto until = Timer::now() + kPatience;
        while (!all([](const Lane& lane) { return lane.is_over(); }))
            if (!next_event(until)) throw std::runtime_error("payments without an answer");
    }

    Payments& payments_;
    const LoadShape shape_;
    std::mutex mutex_;
    grpc::CompletionQueue queue_;
    std::vector<std::unique_ptr<grpc::GenericStub>> stubs_;
    std::vector<std::unique_ptr<Lane>> lanes_;
    Timer::time_point begin_{}, end_{}, dry_at_{};
    uint64_t in_window_ = 0;
    LoadResult out_;
};

}  // namespace

bool send_one(const std::string& sequencer, Payments& payments) {
    v1::SubmitRequest request;
    v1::Receipt receipt;
    const std::string_view bytes = payments.request(0);
    if (!request.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return false;
    grpc::ClientContext context;
    if (!v1::Sequencer::NewStub(own_connection(sequencer))->Submit(&context, request, &receipt).ok()) return false;
    payments.confirm(0);
    return true;
}

LoadResult run_load(const std::string& sequencer, Payments& payments, const LoadShape& shape, double seconds) {
    return Load(sequencer, payments, shape).run(seconds);
}

}  // namespace gavel::bench
