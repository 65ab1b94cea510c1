// Between the query service's answers and the messages of gavel.v1 (see convert_grpc.hpp). from_pb: any message may be passed;
// beside the reasons there, FIELD_CONFLICT where two fields of one message can't both be right.
#pragma once

#include "gavel/v1/query.pb.h"
#include "gavel/v1/types.pb.h"

#include "api/query.hpp"

namespace gavel::proto {

void to_pb(const api::ChainInfo& info, v1::ChainInfo& message);
void to_pb(const api::AccountInfo& account, v1::Account& message);
void to_pb(const api::Balances& balances, v1::ListBalancesResponse& message);
void to_pb(const api::ChannelInfo& info, v1::ChannelInfo& message);
void to_pb(const api::Channels& channels, v1::ListChannelsResponse& message);
void to_pb(const api::OperationInfo& info, v1::OperationInfo& message);
void to_pb(const api::EntryInfo& info, v1::Entry& message);
void to_pb(const api::Page<api::EntryInfo>& page, v1::ListHistoryResponse& message);
void to_pb(const api::Page<api::EntryInfo>& page, v1::FeedResponse& message);
void to_pb(const api::IncomingPayment& payment, v1::IncomingPayment& message);
void to_pb(const api::Page<api::IncomingPayment>& page, v1::WatchPaymentsResponse& message);
void to_pb(const api::WithdrawalInfo& info, v1::Withdrawal& message);
void to_pb(const api::Page<api::WithdrawalInfo>& page, v1::ListWithdrawalsResponse& message);
void to_pb(const api::ClaimProof& proof, v1::WithdrawalProof& message);
void to_pb(const api::BatchInfo& info, v1::BatchInfo& message);
void to_pb(const api::ChunkSignatures& signatures, v1::ChunkSignatures& message);

node::Result<api::ChainInfo> from_pb(const v1::ChainInfo& message, const std::string& field);
node::Result<api::AccountInfo> from_pb(const v1::Account& message, const std::string& field);
node::Result<api::Balances> from_pb(const v1::ListBalancesResponse& message, const std::string& field);
node::Result<api::ChannelInfo> from_pb(const v1::ChannelInfo& message, const std::string& field);
node::Result<api::Channels> from_pb(const v1::ListChannelsResponse& message, const std::string& field);
// The place of a channel among others: 40 bytes.
std::string to_pb_bytes(const AccountKey& key);
node::Result<AccountKey> key_from_pb(const std::string& bytes, const std::string& field);
node::Result<api::OperationInfo> from_pb(const v1::OperationInfo& message, const std::string& field);
node::Result<api::EntryInfo> from_pb(const v1::Entry& message, const std::string& field);
node::Result<api::Page<api::EntryInfo>> from_pb(const v1::ListHistoryResponse& message, const std::string& field);
node::Result<api::Page<api::EntryInfo>> from_pb(const v1::FeedResponse& message, const std::string& field);
node::Result<api::IncomingPayment> from_pb(const v1::IncomingPayment& message, const std::string& field);
node::Result<api::Page<api::IncomingPayment>> from_pb(const v1::WatchPaymentsResponse& message, const std::string& field);
node::Result<api::WithdrawalInfo> from_pb(const v1::Withdrawal& message, const std::string& field);
node::Result<api::Page<api::WithdrawalInfo>> from_pb(const v1::ListWithdrawalsResponse& message, const std::string& field);
node::Result<api::ClaimProof> from_pb(const v1::WithdrawalProof& message, const std::string& field);
node::Result<api::BatchInfo> from_pb(const v1::BatchInfo& message, const std::string& field);
node::Result<api::ChunkSignatures> from_pb(const v1::ChunkSignatures& message, const std::string& field);

}  // namespace gavel::proto
