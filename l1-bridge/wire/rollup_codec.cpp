// Encoding and decoding by the ABI of rollup_abi.hpp.
#include "l1-bridge/wire/abi.hpp"
#include "l1-bridge/wire/rollup_abi.hpp"
#include "protocol/check.hpp"
#include "protocol/encoding.hpp"
#include "protocol/keccak.hpp"

namespace gavel::l1 {
namespace {

AbiWriter to(std::string_view function) {
    for (const AbiFunction& entry : rollup_functions()) {
        if (entry.name == function) return AbiWriter(entry.signature());
    }
    GAVEL_CHECK(false);  // it is a function of the ABI
    return AbiWriter();
}

// `read` takes the values from a reader; they count if nothing was wrong and nothing is left.
template <class Read>
auto read_all(ByteView result, Read read) -> std::optional<decltype(read(std::declval<AbiReader&>()))> {
    AbiReader reader(result);
    auto value = read(reader);
    if (!reader.finished()) return std::nullopt;
    return value;
}

Hash topic(u128 value) { return Hash::from(ByteWriter().word(value).bytes()); }
Hash topic(const Address& value) { return Hash::from(ByteWriter().word(value).bytes()); }

}  // namespace

namespace rollup_call {

Bytes become_sequencer() { return to("becomeSequencer").take(); }
Bytes announce_takeover() { return to("announceTakeover").take(); }
Bytes resign() { return to("resign").take(); }
Bytes evict() { return to("evict").take(); }
Bytes take_stake(uint64_t term) { return to("takeStake").word(term).take(); }
Bytes append(ByteView batch) { return to("append").bytes(batch).take(); }
Bytes append_blobs(ByteView batch) { return to("appendBlobs").bytes(batch).take(); }
Bytes commit_proof(const Hash& commitment) { return to("commitProof").word(commitment).take(); }
Bytes prove(ByteView proof) { return to("prove").bytes(proof).take(); }
Bytes take_reward(uint64_t term, const Address& prover) { return to("takeReward").word(term).word(prover).take(); }
Bytes deposit_eth(const Address& receiver) { return to("depositEth").word(receiver).take(); }

Bytes deposit_token(const Address& token, const Address& receiver, Amount amount) {
    return to("depositToken").word(token).word(receiver).word(amount.value()).take();
}

Bytes force_transfer(const Address& token, const Address& receiver, Amount amount) {
    return to("forceTransfer").word(token).word(receiver).word(amount.value()).take();
}

Bytes force_withdrawal(const Address& token, const Address& receiver, Amount amount) {
    return to("forceWithdrawal").word(token).word(receiver).word(amount.value()).take();
}

Bytes claim(const BatchHeader& header, const WithdrawalProof& proof, const Address& receiver, uint64_t pay_gas) {
    return to("claim")
        .bytes(header.encode())
        .word(proof.position)
        .word(proof.withdrawal.recipient)
        .word(proof.withdrawal.token)
        .word(proof.withdrawal.amount.value())
        .hashes(proof.path)
        .word(receiver)
        .word(pay_gas)
        .take();
}

Bytes force_redeem(const ChannelTerms& terms, const Address& token, uint64_t count, const Signature& voucher) {
    return to("forceRedeem").bytes(terms.encode()).word(token).word(count).bytes(voucher).take();
}

Bytes reclaim(const ChannelTerms& terms, const Address& token) { return to("reclaim").bytes(terms.encode()).word(token).take(); }

Bytes freeze(uint64_t number) { return to("freeze").word(number).take(); }

Bytes exit(const BatchHeader& header, const ExitProof& proof, const Address& receiver, uint64_t pay_gas) {
    AbiWriter out = to("exit");
    out.bytes(header.encode()).word(proof.index).bytes(proof.account.encode()).hashes(proof.path).word(receiver).word(pay_gas);
    return out.take();
}

Bytes refund(uint64_t index, const L1Operation& deposit, const Address& receiver, uint64_t pay_gas) {
    return to("refund").word(index).bytes(deposit.encode()).word(receiver).word(pay_gas).take();
}

Bytes exit_channel(const BatchHeader& header, const ExitProof& proof, const ChannelTerms& terms, uint64_t count,
                   const Signature& voucher, const Address& receiver, uint64_t pay_gas) {
    AbiWriter out = to("exitChannel");
    out.bytes(header.encode()).word(proof.index).bytes(proof.account.encode()).hashes(proof.path).bytes(terms.encode());
    return out.word(count).bytes(voucher).word(receiver).word(pay_gas).take();
}

Bytes exit_channel_rest(const BatchHeader& header, const ExitProof& proof, const ChannelTerms& terms, const Address& receiver,
                        uint64_t pay_gas) {
    AbiWriter out = to("exitChannelRest");
    out.bytes(header.encode()).word(proof.index).bytes(proof.account.encode()).hashes(proof.path).bytes(terms.encode());
    return out.word(receiver).word(pay_gas).take();
}

}  // namespace rollup_call

std::optional<AppendCall> read_append(ByteView calldata) {
    static const std::optional<uint32_t> kAppend = selector_of(rollup_call::append({}));
    static const std::optional<uint32_t> kAppendBlobs = selector_of(rollup_call::append_blobs({}));
    const auto selector = selector_of(calldata);
    if (!selector || (selector != kAppend && selector != kAppendBlobs)) return std::nullopt;
    const auto batch = read_all(calldata.subspan(4), [](AbiReader& in) { return in.bytes(); });
    if (!batch) return std::nullopt;
    return AppendCall{selector == kAppend ? DataSource::kCalldata : DataSource::kBlobs, *batch};
}

Hash proof_commitment(const Address& prover, ByteView proof, uint64_t term) {
    return keccak256({prover, keccak256(proof), ByteWriter().u64(term).bytes()});
}

namespace rollup_view {

Bytes parameters() { return to("parameters").take(); }
Bytes head() { return to("head").take(); }
Bytes batch(uint64_t number) { return to("batch").word(number).take(); }
Bytes term(uint64_t number) { return to("term").word(number).take(); }
Bytes waiting() { return to("waiting").take(); }
Bytes notice() { return to("notice").take(); }
Bytes prover() { return to("prover").take(); }
Bytes is_final(uint64_t number) { return to("isFinal").word(number).take(); }
Bytes is_paid(uint32_t position) { return to("isPaid").word(position).take(); }
Bytes is_exited(uint32_t index) { return to("isExited").word(index).take(); }
Bytes is_refunded(uint64_t index) { return to("isRefunded").word(index).take(); }
Bytes frozen() { return to("frozen").take(); }
Bytes frozen_at() { return to("frozenAt").take(); }
Bytes channel_taken(uint32_t index) { return to("channelTaken").word(index).take(); }
Bytes queue_length() { return to("queueLength").take(); }
Bytes current_term() { return to("currentTerm").take(); }
Bytes term_count() { return to("termCount").take(); }
Bytes last_strike() { return to("lastStrike").take(); }
Bytes committed_at(const Address& prover, const Hash& commitment) {
    return to("committedAt").word(prover).word(commitment).take();
}
Bytes queue_hash(uint64_t index) { return to("queueHash").word(index).take(); }
Bytes held_total(const Address& token) { return to("heldTotal").word(token).take(); }
Bytes burned() { return to("burned").take(); }

std::optional<RollupParameters> read_parameters(ByteView result) {
    return read_all(result, [](AbiReader& in) {
        return RollupParameters{in.integer64(), in.integer64(), in.integer64(), in.integer(), in.address()};
    });
}

std::optional<Head> read_head(ByteView result) {
    return read_all(result, [](AbiReader& in) { return Head{in.integer64(), in.word()}; });
}

std::optional<RollupRecord> read_batch(ByteView result) {
    return read_all(result, [](AbiReader& in) { return RollupRecord{in.word(), in.integer64(), in.integer64()}; });
}

std::optional<TermRecord> read_term(ByteView result) {
    return read_all(result, [](AbiReader& in) {
        return TermRecord{in.address(), in.integer(),   in.integer64(), in.integer64(), in.boolean(), in.integer64(),
                          in.address(), in.integer64(), in.boolean(),   in.boolean(),   in.boolean()};
    });
}

std::optional<WaitingOperation> read_waiting(ByteView result) {
    return read_all(result, [](AbiReader& in) { return WaitingOperation{in.integer64(), in.integer64()}; });
}

std::optional<Notice> read_notice(ByteView result) {
    return read_all(result, [](AbiReader& in) { return Notice{in.integer64(), in.integer64()}; });
}

std::optional<bool> read_bool(ByteView result) {
    return read_all(result, [](AbiReader& in) { return in.boolean(); });
}

std::optional<uint64_t> read_number(ByteView result) {
    return read_all(result, [](AbiReader& in) { return in.integer64(); });
}

std::optional<Hash> read_hash(ByteView result) {
    return read_all(result, [](AbiReader& in) { return in.word(); });
}

std::optional<Address> read_address(ByteView result) {
    return read_all(result, [](AbiReader& in) { return in.address(); });
}

std::optional<u128> read_amount(ByteView result) {
    return read_all(result, [](AbiReader& in) { return in.integer(); });
}

}  // namespace rollup_view

namespace {

// Topics and data of each event; the first topic is added by encode_event.
struct EventEncoder {
    LogContent operator()(const TermStarted& e) const { return {{topic(e.term), topic(e.sequencer)}, {}}; }
    LogContent operator()(const TermEnded& e) const {
        return {{topic(e.term)}, AbiWriter().word(static_cast<u128>(e.reason)).take()};
    }
    LogContent operator()(const BatchAppended& e) const { return {{topic(e.number), e.batch_hash, topic(e.term)}, {}}; }
    LogContent operator()(const BatchStruck& e) const {
        return {{topic(e.number), e.batch_hash, topic(e.term)}, AbiWriter().word(e.prover).take()};
    }
    LogContent operator()(const L1OperationQueued& e) const {
        const L1Operation& o = e.operation;
        AbiWriter data;
        data.word(static_cast<u128>(o.kind)).word(o.caller).word(o.to).word(o.token).word(o.amount.value());
        return {{topic(e.index)}, data.word(o.time).word(o.count).take()};
    }
    LogContent operator()(const WithdrawalClaimed& e) const {
        return {{topic(e.position), topic(e.withdrawal.recipient)},
                AbiWriter().word(e.withdrawal.token).word(e.withdrawal.amount.value()).word(e.receiver).take()};
    }
    LogContent operator()(const StakeReturned& e) const {
        return {{topic(e.term)}, AbiWriter().word(e.to).word(e.amount).take()};
    }
    LogContent operator()(const RewardTaken& e) const {
        return {{topic(e.term)}, AbiWriter().word(e.prover).word(e.amount).take()};
    }
    LogContent operator()(const RollupFrozen&) const { return {}; }
    LogContent operator()(const AccountExited& e) const {
        return {{topic(e.index), topic(e.owner)}, AbiWriter().word(e.token).word(e.amount.value()).word(e.receiver).take()};
    }
    LogContent operator()(const DepositRefunded& e) const {
        return {{topic(e.index), topic(e.to)}, AbiWriter().word(e.token).word(e.amount.value()).word(e.receiver).take()};
    }
};

// The event whose place in rollup_events() is `kind`, from the indexed and the other fields. What can't be read is left as it
// is: the caller encodes again and compares.
RollupEvent read_event(size_t kind, AbiReader& topics, AbiReader& data) {
    switch (kind) {
        case 0: return TermStarted{topics.integer64(), topics.address()};
        case 1: return TermEnded{topics.integer64(), static_cast<TermEnd>(data.integer(8))};
        case 2: return BatchAppended{topics.integer64(), topics.word(), topics.integer64()};
        case 3: return BatchStruck{topics.integer64(), topics.word(), topics.integer64(), data.address()};
        case 4: {
            L1OperationQueued out{topics.integer64(), {}};
            L1Operation& o = out.operation;
            o.kind = static_cast<L1OperationKind>(data.integer(8));
            o.caller = data.address();
            o.to = data.address();
            o.token = data.address();
            o.amount = Amount{data.integer()};
            o.time = data.integer64();
            o.count = data.integer64();
            return out;
        }
        case 5: {
            WithdrawalClaimed out;
            out.position = static_cast<uint32_t>(topics.integer(32));
            out.withdrawal.recipient = topics.address();
            out.withdrawal.token = data.address();
            out.withdrawal.amount = Amount{data.integer()};
            out.receiver = data.address();
            return out;
        }
        case 6: return StakeReturned{topics.integer64(), data.address(), data.integer()};
        case 7: return RewardTaken{topics.integer64(), data.address(), data.integer()};
        case 8: return RollupFrozen{};
        case 9:
            return AccountExited{static_cast<uint32_t>(topics.integer(32)), topics.address(), data.address(),
                                 Amount{data.integer()}, data.address()};
        default:
            return DepositRefunded{topics.integer64(), topics.address(), data.address(), Amount{data.integer()}, data.address()};
    }
}

bool enums_are_known(const RollupEvent& event) {
    if (auto* ended = std::get_if<TermEnded>(&event)) return ended->reason <= kLastTermEnd;
    if (auto* queued = std::get_if<L1OperationQueued>(&event)) return is_known(queued->operation.kind);
    return true;
}

const std::vector<Hash>& event_topics() {
    static const std::vector<Hash> topics = [] {
        std::vector<Hash> out;
        for (const AbiEvent& event : rollup_events()) out.push_back(event_topic(event.signature()));
        return out;
    }();
    return topics;
}

}  // namespace

LogContent encode_event(const RollupEvent& event) {
    LogContent out = std::visit(EventEncoder{}, event);
    out.topics.insert(out.topics.begin(), event_topics()[event.index()]);
    return out;
}

std::optional<RollupEvent> decode_event(const std::vector<Hash>& topics, ByteView data) {
    if (topics.empty()) return std::nullopt;
    for (size_t kind = 0; kind < event_topics().size(); ++kind) {
        if (topics[0] != event_topics()[kind]) continue;
        Bytes indexed;
        for (size_t i = 1; i < topics.size(); ++i) append(indexed, topics[i]);
        AbiReader topic_reader(indexed), data_reader(data);
        RollupEvent event = read_event(kind, topic_reader, data_reader);
        if (!topic_reader.finished() || !data_reader.finished() || !enums_are_known(event)) return std::nullopt;
        return event;
    }
    return std::nullopt;
}

const char* name_of(const RollupEvent& event) { return rollup_events()[event.index()].name.c_str(); }

}  // namespace gavel::l1
