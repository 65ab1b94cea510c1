// A submission as it goes over the wire, to be spoiled there.
#pragma once

#include "proto/sequencer_convert_grpc.hpp"

namespace gavel::e2e {

inline v1::SubmitRequest message_of(const api::Submission& submission) {
    v1::SubmitRequest message;
    proto::to_pb(submission, message);
    return message;
}

}  // namespace gavel::e2e
