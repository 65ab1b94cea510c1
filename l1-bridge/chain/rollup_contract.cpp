#include "l1-bridge/chain/rollup_contract.hpp"

#include "l1-bridge/chain/rollup_running_call.hpp"
#include "l1-bridge/wire/abi.hpp"
#include "protocol/check.hpp"

namespace gavel::l1 {
namespace {

struct Entry {
    std::string_view name;
    void (RunningCall::*change)() = nullptr;
    Bytes (RunningCall::*view)() = nullptr;
};

const Entry kEntries[] = {
    {"becomeSequencer", &RunningCall::become_sequencer},
    {"announceTakeover", &RunningCall::announce_takeover},
    {"resign", &RunningCall::resign},
    {"evict", &RunningCall::evict},
    {"takeStake", &RunningCall::take_stake},
    {"append", &RunningCall::append},
    {"appendBlobs", &RunningCall::append_blobs},
    {"commitProof", &RunningCall::commit_proof},
    {"prove", &RunningCall::prove},
    {"takeReward", &RunningCall::take_reward},
    {"depositEth", &RunningCall::deposit_eth},
    {"depositToken", &RunningCall::deposit_token},
    {"forceTransfer", &RunningCall::force_transfer},
    {"forceWithdrawal", &RunningCall::force_withdrawal},
    {"claim", &RunningCall::claim},
    {"forceRedeem", &RunningCall::force_redeem},
    {"reclaim", &RunningCall::reclaim},
    {"freeze", &RunningCall::freeze},
    {"exit", &RunningCall::exit},
    {"refund", &RunningCall::refund},
    {"exitChannel", &RunningCall::exit_channel},
    {"exitChannelRest", &RunningCall::exit_channel_rest},
    {"parameters", nullptr, &RunningCall::view_parameters},
    {"prover", nullptr, &RunningCall::view_prover},
    {"head", nullptr, &RunningCall::view_head},
    {"batch", nullptr, &RunningCall::view_batch},
    {"isFinal", nullptr, &RunningCall::view_is_final},
    {"queueLength", nullptr, &RunningCall::view_queue_length},
    {"queueHash", nullptr, &RunningCall::view_queue_hash},
    {"waiting", nullptr, &RunningCall::view_waiting},
    {"notice", nullptr, &RunningCall::view_notice},
    {"currentTerm", nullptr, &RunningCall::view_current_term},
    {"termCount", nullptr, &RunningCall::view_term_count},
    {"term", nullptr, &RunningCall::view_term},
    {"lastStrike", nullptr, &RunningCall::view_last_strike},
    {"isPaid", nullptr, &RunningCall::view_is_paid},
    {"isExited", nullptr, &RunningCall::view_is_exited},
    {"isRefunded", nullptr, &RunningCall::view_is_refunded},
    {"heldTotal", nullptr, &RunningCall::view_held_total},
    {"burned", nullptr, &RunningCall::view_burned},
    {"frozen", nullptr, &RunningCall::view_frozen},
    {"frozenAt", nullptr, &RunningCall::view_frozen_at},
    {"channelTaken", nullptr, &RunningCall::view_channel_taken},
    {"committedAt", nullptr, &RunningCall::view_committed_at},
};

// Where OpenZeppelin's ReentrancyGuardTransient keeps its guard (ERC-7201):
// keccak256(abi.encode(uint256(keccak256("openzeppelin.storage.ReentrancyGuard")) - 1)) & ~bytes32(uint256(0xff)).
const Hash kGuard = *fixed_from_hex<Hash>("0x9b779b17422d0df92223018b32b4d1fa46e071723d6817e2486d003becc55f00");

struct Handler {
    const Entry* entry = nullptr;
    bool payable = false;
};

const std::map<uint32_t, Handler>& handlers() {
    static const std::map<uint32_t, Handler> map = [] {
        std::map<uint32_t, Handler> out;
        for (const AbiFunction& function : rollup_functions()) {
            for (const Entry& entry : kEntries) {
                if (entry.name == function.name) out[selector(function.signature())] = {&entry, function.mutability == "payable"};
            }
        }
        GAVEL_CHECK(out.size() == rollup_functions().size() && out.size() == std::size(kEntries));
        return out;
    }();
    return map;
}

}  // namespace

CalldataReader::CalldataReader(ByteView arguments, size_t head_words) : data_(arguments) {
    if (data_.size() / Hash::kSize < head_words) throw Revert{};
}

Hash CalldataReader::word() {
    Hash out = Hash::from(data_.subspan(head_));
    head_ += Hash::kSize;
    return out;
}

u128 CalldataReader::integer(unsigned bits) {
    Hash raw = word();
    if (raw != word_of(low_u128(raw)) || (bits < 128 && low_u128(raw) >> bits != 0)) throw Revert{};
    return low_u128(raw);
}

Address CalldataReader::address() {
    Hash raw = word();
    if (raw != word_of(low_address(raw))) throw Revert{};
    return low_address(raw);
}

ByteView CalldataReader::dynamic(size_t unit) {
    uint64_t offset = integer64();
    if (offset > data_.size() || data_.size() - offset < Hash::kSize) throw Revert{};
    ByteView tail = data_.subspan(offset);
    Hash length = Hash::from(tail);
    tail = tail.subspan(Hash::kSize);
    if (length > word_of(tail.size() / unit)) throw Revert{};
    return tail.first(static_cast<size_t>(low_u128(length)) * unit);
}

ByteView CalldataReader::bytes() { return dynamic(1); }

std::vector<Hash> CalldataReader::words() {
    std::vector<Hash> out;
    for (ByteView rest = dynamic(Hash::kSize); !rest.empty(); rest = rest.subspan(Hash::kSize)) out.push_back(Hash::from(rest));
    return out;
}

void refuse(RollupError error) { refuse(name_of(error)); }

void refuse(const char* error_name) { throw Revert{error_data(error_name)}; }

CallResult RollupContract::construct(Host& host, const CallContext& context, ByteView args) const {
    if (context.value != 0) return CallResult::revert();
    std::optional<RollupParameters> parameters = rollup_view::read_parameters(args);
    if (!parameters || !parameters->are_valid()) return CallResult::revert(error_data(name_of(RollupError::kParametersInvalid)));
    RunningCall(host, context, {}).construct(*parameters, initial_);
    return CallResult::ok();
}

CallResult RollupContract::call(Host& host, const CallContext& context, ByteView calldata) const {
    std::optional<uint32_t> id = selector_of(calldata);
    auto found = id ? handlers().find(*id) : handlers().end();
    if (found == handlers().end()) return CallResult::revert();
    const auto& [entry, payable] = found->second;
    if (context.value != 0 && !payable) return CallResult::revert();
    RunningCall running(host, context, calldata.subspan(4));
    if (entry->view) return CallResult::ok((running.*entry->view)());
    (running.*entry->change)();
    running.leave();
    return CallResult::ok();
}

// ---- What all calls share ----

Globals RunningCall::enter() {
    if (host_.load_transient(kGuard) != Hash{}) refuse(RollupError::kReentrantCall);
    host_.store_transient(kGuard, word_of(u128{1}));
    return storage_.globals();
}

void RunningCall::leave() { host_.store_transient(kGuard, Hash{}); }

void RunningCall::emit(const RollupEvent& event) {
    LogContent content = encode_event(event);
    host_.emit_log(std::move(content.topics), std::move(content.data));
}

void RunningCall::pay_eth(const Address& to, u128 amount) {
    if (!host_.send_value(to, amount)) refuse(RollupError::kPaymentFailed);
}

bool RunningCall::is_final(uint64_t posted_at) { return u128{now()} >= u128{posted_at} + storage_.windows().challenge_window; }

std::optional<RecordInfo> RunningCall::record(const Globals& globals, uint64_t number) {
    if (number > globals.head) return std::nullopt;
    const RecordInfo kept = storage_.record_info(number);
    if (kept.lap != lap_of(number)) return std::nullopt;
    return kept;
}

bool RunningCall::is_final_batch(const Globals& globals, uint64_t number) {
    const auto kept = record(globals, number);
    return kept ? is_final(kept->posted_at) : number <= globals.head;
}

u128 RunningCall::room_at(const Globals& globals, uint64_t since) {
    const uint64_t next = globals.head + 1;
    if (next < kRecordPlaces) return 0;
    const auto in_the_way = record(globals, in_the_way_of(next));
    if (!in_the_way || in_the_way->posted_at >= since) return 0;
    return u128{in_the_way->posted_at} + storage_.windows().challenge_window;
}

std::optional<RecordInfo> RunningCall::standing(const Globals& globals, const BatchHeader& header) {
    const auto kept = record(globals, header.number);
    if (!kept || storage_.batch_hash(header.number) != host_.keccak(header.encode())) return std::nullopt;
    return kept;
}

WaitingOperation RunningCall::waiting_operation(const Globals& globals) {
    uint64_t index = storage_.record_info(globals.head).l1_ops_consumed;
    if (index >= storage_.queue_length()) return {index, 0};
    return {index, storage_.queue_time(index)};
}

u128 RunningCall::held_stake(const TermSeat& seat, u128 stake) const {
    if (seat.started_at == 0 || seat.slashed || seat.stake_taken) return 0;
    return seat.evicted ? stake - stake / 4 : stake;
}

// ---- Views ----

Bytes RunningCall::view_parameters() { return storage_.parameters().encode(); }

// Proofs are checked here, by no contract of its own.
Bytes RunningCall::view_prover() { return AbiWriter().word(Address{}).take(); }

Bytes RunningCall::view_head() {
    uint64_t head = storage_.globals().head;
    return AbiWriter().word(head).word(storage_.batch_hash(head)).take();
}

Bytes RunningCall::view_batch() {
    uint64_t number = arguments(1).integer64();
    RollupRecord out;
    if (const auto kept = record(storage_.globals(), number)) {
        out = {storage_.batch_hash(number), kept->posted_at, kept->term};
    }
    return AbiWriter().word(out.hash).word(out.posted_at).word(out.term).take();
}

Bytes RunningCall::view_is_final() {
    uint64_t number = arguments(1).integer64();
    return AbiWriter().boolean(is_final_batch(storage_.globals(), number)).take();
}

Bytes RunningCall::view_queue_length() { return AbiWriter().word(storage_.queue_length()).take(); }

Bytes RunningCall::view_queue_hash() { return AbiWriter().word(storage_.queue_hash(arguments(1).integer64())).take(); }

Bytes RunningCall::view_waiting() {
    WaitingOperation waiting = waiting_operation(storage_.globals());
    return AbiWriter().word(waiting.index).word(waiting.time).take();
}

Bytes RunningCall::view_notice() {
    Notice notice = standing_notice();
    return AbiWriter().word(notice.from).word(notice.until).take();
}

Bytes RunningCall::view_current_term() { return AbiWriter().word(storage_.globals().current_term).take(); }

Bytes RunningCall::view_term_count() { return AbiWriter().word(storage_.tallies().term_count).take(); }

Bytes RunningCall::view_term() {
    uint64_t term = arguments(1).integer64();
    TermSeat seat = storage_.term_seat(term);
    TermCourse course = storage_.term_course(term);
    Globals globals = storage_.globals();
    uint64_t last_batch = term != 0 && term == globals.current_term ? last_batch_of(globals, term) : course.last_batch;
    AbiWriter out;
    out.word(seat.sequencer).word(held_stake(seat, storage_.parameters().stake)).word(seat.started_at).word(course.ended_at);
    out.boolean(seat.slashed).word(course.first_proof_at).word(storage_.last_proof(term).prover).word(last_batch);
    return out.boolean(seat.stake_taken).boolean(seat.reward_taken).boolean(seat.evicted).take();
}

Bytes RunningCall::view_last_strike() { return AbiWriter().word(storage_.globals().last_strike_at).take(); }

Bytes RunningCall::view_is_paid() { return AbiWriter().boolean(storage_.is_paid(arguments(1).integer32())).take(); }

Bytes RunningCall::view_is_exited() { return AbiWriter().boolean(storage_.is_exited(arguments(1).integer32())).take(); }

Bytes RunningCall::view_is_refunded() { return AbiWriter().boolean(storage_.is_refunded(arguments(1).integer64())).take(); }

Bytes RunningCall::view_held_total() { return AbiWriter().word(storage_.held(arguments(1).address())).take(); }

Bytes RunningCall::view_burned() { return AbiWriter().word(storage_.tallies().burned).take(); }

Bytes RunningCall::view_frozen() { return AbiWriter().boolean(storage_.globals().frozen).take(); }

Bytes RunningCall::view_frozen_at() { return AbiWriter().word(storage_.notice().frozen_at).take(); }

Bytes RunningCall::view_channel_taken() { return AbiWriter().word(storage_.channel_taken(arguments(1).integer32())).take(); }

Bytes RunningCall::view_committed_at() {
    CalldataReader reader = arguments(2);
    Address prover = reader.address();
    return AbiWriter().word(storage_.committed_at(prover, reader.word())).take();
}

}  // namespace gavel::l1
