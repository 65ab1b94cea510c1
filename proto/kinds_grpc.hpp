// The kinds of operations on the wire: a row for each, with its conversions (convert_grpc.hpp, from_pb and to_pb of an
// operation).
#pragma once

#include <optional>

#include "gavel/v1/sequencer.pb.h"
#include "gavel/v1/types.pb.h"

#include "protocol/operation.hpp"

namespace gavel::proto {

// nullopt for what is no kind.
std::optional<OperationKind> kind_from_pb(v1::EstimateFeeRequest::Kind kind);
std::optional<L1OperationKind> kind_from_pb(v1::L1OperationKind kind);
v1::EstimateFeeRequest::Kind kind_to_pb(OperationKind kind);
v1::L1OperationKind kind_to_pb(L1OperationKind kind);

}  // namespace gavel::proto
