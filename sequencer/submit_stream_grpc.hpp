// SubmitStream of gavel.v1: messages of operations in, an answer for each, in order.
//
// No thread waits for a stream. It is read from only while its client takes the answers: so many messages and so many operations
// are under way, and what is kept of an answer is its bytes.
#pragma once

#include <grpcpp/grpcpp.h>

#include <functional>

#include "node/grpc_calls.hpp"
#include "sequencer/sequencer.hpp"

namespace gavel::sequencer {

// How much SubmitStream takes before it is answered.
struct StreamLimits {
    uint64_t streams = 200, streams_per_peer = 50;
    size_t messages = 16;           // of one stream: read, and their answers not yet taken
    uint64_t operations = 1 << 17;  // in such messages, of all streams; each stream may have one message beyond
    uint64_t operations_per_peer = 1 << 16;
    size_t fields = 100'000;  // protobuf fields of one message
};

class SubmitStreams {
public:
    // Gets the bytes of one message's answer.
    using Done = std::function<void(grpc::ByteBuffer answer)>;
    // Takes one message: how many operations it holds, and `done` is called once, from any thread; or refuses it as a whole, and
    // the stream ends with that status.
    using Take = std::function<node::Result<uint64_t>(const grpc::ByteBuffer& message, Done done)>;

    // `calls` must outlive it.
    SubmitStreams(StreamLimits limits, node::Calls& calls, Take take);

    node::CallReactor* open(grpc::CallbackServerContext& context);

private:
    class Stream;

    const StreamLimits limits_;
    node::Calls& calls_;
    const Take take_;
    node::PeerLimit streams_, operations_;
};

}  // namespace gavel::sequencer
