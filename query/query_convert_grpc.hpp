// From the query service's types to the messages of gavel.v1.
#pragma once

#include "gavel/v1/query.pb.h"
#include "gavel/v1/types.pb.h"

#include "query/queries.hpp"

namespace gavel::query {

void to_pb(const ChainInfo& info, const std::string& server, v1::ChainInfo& message);
void to_pb(const AccountInfo& account, v1::Account& message);
void to_pb(const OperationInfo& info, v1::OperationInfo& message);
void to_pb(const EntryInfo& info, v1::Entry& message);
void to_pb(const IncomingPayment& payment, v1::IncomingPayment& message);
void to_pb(const WithdrawalInfo& info, v1::Withdrawal& message);
void to_pb(const ClaimProof& proof, v1::WithdrawalProof& message);
void to_pb(const BatchInfo& info, v1::BatchInfo& message);
void to_pb(const ChunkSignatures& signatures, v1::ChunkSignatures& message);

}  // namespace gavel::query
