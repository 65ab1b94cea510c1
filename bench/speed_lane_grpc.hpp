// One client of a load: a stream of messages, or one call after another. All lanes of a load share a completion queue, and one
// thread empties it; nothing here takes a lock.
#pragma once

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <chrono>
#include <deque>
#include <memory>
#include <string>
#include <vector>

namespace gavel::bench {

struct LoadMessage {
    std::vector<uint32_t> payments;
    std::chrono::steady_clock::time_point intended;  // when it should be sent
};

// What lanes tell.
class LaneOwner {
public:
    virtual ~LaneOwner() = default;
    virtual std::string bytes_of(const LoadMessage& message) = 0;
    // For each payment of the message in its order: empty, or why it was refused.
    virtual void answered(unsigned lane, const LoadMessage& message, const std::vector<std::string>& refusals) = 0;
};

class Lane {
public:
    // What the queue's tags point to.
    struct Event {
        Lane* lane;
        enum class Kind { kStarted, kWritten, kRead, kFinished } kind;
    };
    virtual ~Lane() = default;
    virtual void start() = 0;
    // Started, and with fewer messages under way than its window.
    virtual bool has_room() const = 0;
    virtual void send(LoadMessage message) = 0;
    // Nothing more will be sent.
    virtual void close() = 0;
    // Closed, with every answer. Throws std::runtime_error if it ended otherwise.
    virtual bool is_over() const = 0;
    virtual void on(Event::Kind kind, bool ok) = 0;
    // Whatever is under way ends soon.
    virtual void cancel() = 0;
};

// A channel that shares its connection with no other, as another client's would.
std::shared_ptr<grpc::Channel> own_connection(const std::string& target);

struct LanePlace {
    LaneOwner& owner;
    grpc::GenericStub& stub;
    grpc::CompletionQueue& queue;
    unsigned number;
};

// SubmitStream with so many messages under way.
std::unique_ptr<Lane> stream_lane(const LanePlace& place, size_t window);
// Submit, one call at a time, one payment a call.
std::unique_ptr<Lane> call_lane(const LanePlace& place);

}  // namespace gavel::bench
