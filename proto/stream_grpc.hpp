// Streams of the domain's values (node/stream.hpp), told as messages of gavel.v1.
#pragma once

#include "node/grpc_calls.hpp"

namespace gavel::proto {

// `to_message` is the to_pb for T and Reply.
template <class T, class Reply, class Stream>
node::Calls::SourceOf<Reply> as_messages(Stream stream, void (*to_message)(const T&, Reply&)) {
    return [stream, to_message](Reply& reply) mutable -> node::Result<node::Next> {
        T value;
        auto next = stream(value);
        if (next && *next == node::Next::kMessage) to_message(value, reply);
        return next;
    };
}

}  // namespace gavel::proto
