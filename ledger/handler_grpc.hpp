// What every gRPC handler of Gavel's daemons does around its own work.
#pragma once

#include <grpcpp/grpcpp.h>

#include <atomic>
#include <exception>

#include "node/grpc_server.hpp"
#include "node/log.hpp"
#include "node/signals.hpp"
#include "node/store.hpp"

namespace gavel::ledger {

// Runs `body`, which returns a node::Status, and ends the call with it. A store that fails stops the daemon (node/store.hpp).
template <class Body>
grpc::Status handle(grpc::ServerContextBase& context, Body&& body) {
    try {
        return node::finish(context, body());
    } catch (const node::StoreError& error) {
        node::log_error("store failed, stopping", {{"detail", error.what()}});
        node::request_stop();
        return node::finish(context, {node::Code::kInternal, "STORE_FAILED", "", "the server's disk failed"});
    } catch (const std::exception& error) {
        node::log_error("request failed", {{"detail", error.what()}});
        return node::finish(context, {node::Code::kInternal, "INTERNAL", "", "the server failed at this request"});
    }
}

// Streams hold a server thread each, so there is a bound on how many are open at a time.
class StreamSlots {
public:
    explicit StreamSlots(unsigned max) : max_(max) {}

    // Holds a place while it lives; not ok() if there was none.
    class Slot {
    public:
        explicit Slot(StreamSlots& slots) : slots_(slots), ok_(slots.used_.fetch_add(1) < slots.max_) {}
        ~Slot() { slots_.used_.fetch_sub(1); }
        Slot(const Slot&) = delete;
        Slot& operator=(const Slot&) = delete;
        bool ok() const { return ok_; }

    private:
        StreamSlots& slots_;
        bool ok_;
    };
    static node::Status none_left() {
        return {node::Code::kResourceExhausted, "TOO_MANY_STREAMS", "", "too many streams are open; try again later"};
    }

private:
    std::atomic<unsigned> used_{0};
    unsigned max_;
};

}  // namespace gavel::ledger
