// Everything that a daemon answers, over the wire and back: the same value; damaged, a refusal by path or another value, and
// never more than that.
#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <catch2/catch.hpp>
#include <functional>
#include <rapidcheck.h>
#include <set>

#include "proto/query_convert_grpc.hpp"
#include "proto/sequencer_convert_grpc.hpp"
#include "proto/verifier_convert_grpc.hpp"
#include "tests/proto/draw.hpp"

using namespace gavel;
using namespace gavel::api;
using gavel::test::drawn;

namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

// ---- Each pair of a value and its message ----

// visit.template operator()<T, Reply>() for each.
template <class Visit>
void for_each_pair(Visit visit) {
    visit.template operator()<ChainInfo, v1::ChainInfo>();
    visit.template operator()<AccountInfo, v1::Account>();
    visit.template operator()<Balances, v1::ListBalancesResponse>();
    visit.template operator()<ChannelInfo, v1::ChannelInfo>();
    visit.template operator()<Channels, v1::ListChannelsResponse>();
    visit.template operator()<OperationInfo, v1::OperationInfo>();
    visit.template operator()<EntryInfo, v1::Entry>();
    visit.template operator()<Page<EntryInfo>, v1::ListHistoryResponse>();
    visit.template operator()<Page<EntryInfo>, v1::FeedResponse>();
    visit.template operator()<IncomingPayment, v1::IncomingPayment>();
    visit.template operator()<Page<IncomingPayment>, v1::WatchPaymentsResponse>();
    visit.template operator()<WithdrawalInfo, v1::Withdrawal>();
    visit.template operator()<Page<WithdrawalInfo>, v1::ListWithdrawalsResponse>();
    visit.template operator()<ClaimProof, v1::WithdrawalProof>();
    visit.template operator()<BatchInfo, v1::BatchInfo>();
    visit.template operator()<ChunkSignatures, v1::ChunkSignatures>();
    visit.template operator()<Submission, v1::SubmitRequest>();
    visit.template operator()<Receipt, v1::Receipt>();
    visit.template operator()<SubmitOutcome, v1::SubmitResult>();
    visit.template operator()<std::vector<SubmitOutcome>, v1::SubmitBatchResult>();
    visit.template operator()<FeeQuote, v1::FeeEstimate>();
    visit.template operator()<Page<OperationInfo>, v1::GetRolledBackResponse>();
    visit.template operator()<VerifierStatus, v1::VerifierStatus>();
    visit.template operator()<Verdict, v1::Verdict>();
    visit.template operator()<FraudProof, v1::FraudProof>();
}

template <class T, class Reply>
Reply message_of(const T& value) {
    Reply out;
    proto::to_pb(value, out);
    return out;
}

// ---- Damage, field by field ----

// Fields that may hold any bytes or text, by name.
bool has_no_form(const FieldDescriptor& field) {
    static const std::set<std::string> free = {"server", "version", "why", "message", "reason", "field", "proof"};
    return free.count(std::string(field.name())) != 0;
}

// Spoils each field that has a form, one after the other, and calls `look` with its path while it is spoilt.
void spoil_each(Message& message, const std::string& path, const std::function<void(const std::string&)>& look) {
    std::vector<const FieldDescriptor*> fields;
    message.GetReflection()->ListFields(message, &fields);
    const auto& reflection = *message.GetReflection();
    for (const FieldDescriptor* field : fields) {
        const int count = field->is_repeated() ? reflection.FieldSize(message, field) : 1;
        for (int i = 0; i < count; ++i) {
            const std::string at =
                path + std::string(field->name()) + (field->is_repeated() ? "[" + std::to_string(i) + "]" : "");
            if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
                spoil_each(field->is_repeated() ? *reflection.MutableRepeatedMessage(&message, field, i)
                                                : *reflection.MutableMessage(&message, field),
                           at + ".", look);
            } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_ENUM) {
                const int good = reflection.GetEnumValue(message, field);
                reflection.SetEnumValue(&message, field, 99);
                look(at);
                reflection.SetEnumValue(&message, field, good);
            } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_STRING && !has_no_form(*field)) {
                const std::string good =
                    field->is_repeated() ? reflection.GetRepeatedString(message, field, i) : reflection.GetString(message, field);
                auto set = [&](const std::string& value) {
                    if (field->is_repeated()) reflection.SetRepeatedString(&message, field, i, value);
                    else reflection.SetString(&message, field, value);
                };
                set(good + "x");
                look(at);
                set(good);
            }
        }
    }
}

}  // namespace

TEST_CASE("every answer goes over the wire and comes back the same") {
    for_each_pair([]<class T, class Reply>() {
        INFO(Reply::descriptor()->full_name());
        CHECK(rc::check("from_pb(to_pb(x)) == x", [] {
            const T value = drawn<T>(*rc::gen::arbitrary<uint64_t>());
            Reply received;
            RC_ASSERT(received.ParseFromString(message_of<T, Reply>(value).SerializeAsString()));
            const node::Result<T> back = proto::from_pb(received, "");
            RC_ASSERT(back.status() == node::Status{});
            RC_ASSERT((*back == value));
        }));
    });
}

TEST_CASE("each field that has a form is refused by its path when it has none") {
    for_each_pair([]<class T, class Reply>() {
        INFO(Reply::descriptor()->full_name());
        size_t spoilt = 0;
        for (uint64_t seed = 0; seed < 20; ++seed) {
            Reply message = message_of<T, Reply>(drawn<T>(seed));
            spoil_each(message, "", [&](const std::string& path) {
                ++spoilt;
                const node::Result<T> answer = proto::from_pb(message, "");
                if (answer) FAIL_CHECK("taken: " << path);
                else CHECK(answer.status().field == path);
            });
            CHECK(node::Result<T>(proto::from_pb(message, "")).ok());
        }
        const bool has_forms = Reply::descriptor()->full_name() != "gavel.v1.VerifierStatus";
        CHECK((spoilt > 0) == has_forms);
    });
}

TEST_CASE("bytes that were damaged on the way give a value or a refusal by name, and no more") {
    for_each_pair([]<class T, class Reply>() {
        INFO(Reply::descriptor()->full_name());
        CHECK(rc::check("from_pb of anything", [] {
            std::string bytes = message_of<T, Reply>(drawn<T>(*rc::gen::arbitrary<uint64_t>())).SerializeAsString();
            for (const auto& [place, byte] : *rc::gen::container<std::vector<std::pair<size_t, char>>>(
                     rc::gen::pair(rc::gen::inRange<size_t>(0, 4096), rc::gen::arbitrary<char>()))) {
                if (!bytes.empty()) bytes[place % bytes.size()] = byte;
            }
            Reply received;
            if (!received.ParseFromString(bytes)) return;
            const node::Result<T> value = proto::from_pb(received, "");
            if (!value) {
                RC_ASSERT(value.status().code == node::Code::kInvalidArgument);
                RC_ASSERT(!value.status().reason.empty());
                return;
            }
            const node::Result<T> again = proto::from_pb(message_of<T, Reply>(*value), "");
            RC_ASSERT(again.ok());
            RC_ASSERT((*again == *value));
        }));
    });
}

TEST_CASE("what can't be in one message together is refused, and what is too long") {
    auto reason = [](const auto& message) { return proto::from_pb(message, "").status().reason; };
    v1::WithdrawalProof proof = message_of<ClaimProof, v1::WithdrawalProof>(drawn<ClaimProof>(1));
    proof.set_batch(proof.batch() + 1);
    CHECK(reason(proof) == "FIELD_CONFLICT");
    proof.set_batch(proof.batch() - 1);
    while (proof.path_size() < 32) proof.add_path(std::string(32, 'p'));
    CHECK(reason(proof) == "");
    proof.add_path(std::string(32, 'p'));
    CHECK(reason(proof) == "PATH_INVALID");

    const v1::BatchInfo batch = message_of<BatchInfo, v1::BatchInfo>(drawn<BatchInfo>(1));
    for (const auto& change : std::vector<std::function<void(v1::BatchInfo&)>>{
             [](auto& b) { b.set_number(b.number() + 1); }, [](auto& b) { b.set_hash(std::string(32, 'h')); },
             [](auto& b) { b.mutable_last()->set_op_count(b.last().op_count() + 1); },
             [](auto& b) { b.set_chunk_count(b.chunk_count() + 1); }}) {
        v1::BatchInfo other = batch;
        change(other);
        CHECK(reason(other) == "FIELD_CONFLICT");
    }
    v1::FraudProof fraud = message_of<FraudProof, v1::FraudProof>(drawn<FraudProof>(1));
    fraud.set_proof(std::string(131'072, 'x'));
    CHECK(reason(fraud) == "");
    fraud.set_proof(std::string(131'073, 'x'));
    CHECK(reason(fraud) == "LENGTH_INVALID");
    fraud.set_proof("x");
    fraud.set_chunk(65'536);
    CHECK(reason(fraud) == "NUMBER_TOO_LARGE");

    v1::IncomingPayment payment;
    IncomingPayment deposit;
    deposit.kind = IncomingPayment::Kind::kDeposit;
    deposit.l1_operation = 1;
    proto::to_pb(deposit, payment);
    CHECK(reason(payment) == "");
    payment.set_operation_hash(std::string(32, 'h'));
    CHECK(reason(payment) == "FIELD_CONFLICT");
    payment.clear_operation_hash();
    payment.set_memo(std::string(32, 'm'));
    CHECK(reason(payment) == "FIELD_CONFLICT");

    v1::Account channel = message_of<AccountInfo, v1::Account>({{}, 1, kChannelMark + 5, {}});
    CHECK(channel.nonce() == 0);
    CHECK(channel.channel().claimed() == 5);
    CHECK(reason(channel) == "");
    channel.mutable_channel()->set_closed(true);
    CHECK(reason(channel) == "FIELD_CONFLICT");
    channel.mutable_channel()->set_claimed(0);
    CHECK(proto::from_pb(channel, "")->nonce == kClosedChannel);
    channel.set_nonce(1);
    CHECK(reason(channel) == "FIELD_CONFLICT");
    channel = message_of<AccountInfo, v1::Account>({{}, 1, kChannelMark + kMaxVoucherCount, {}});
    CHECK(reason(channel) == "");
    channel.mutable_channel()->set_claimed(kMaxVoucherCount + 1);
    CHECK(reason(channel) == "NUMBER_TOO_LARGE");
    channel.clear_channel();
    channel.set_nonce(kChannelMark);
    CHECK(reason(channel) == "NUMBER_TOO_LARGE");
    v1::ChannelInfo info = message_of<ChannelInfo, v1::ChannelInfo>(drawn<ChannelInfo>(1));
    info.mutable_account()->clear_channel();
    CHECK(reason(info) == "FIELD_MISSING");

    v1::SubmitResult result;
    CHECK(reason(result) == "ENUM_INVALID");  // neither receipt nor error
    for (const uint32_t code : {0u, 2u, 15u, 17u, 255u, 256u + 3u}) {
        result.mutable_error()->set_code(code);
        INFO(code);
        CHECK(reason(result) == "ENUM_INVALID");
    }
    result.mutable_error()->set_code(3);
    CHECK(reason(result) == "");
    CHECK(reason(v1::Entry()) == "FIELD_MISSING");
}
