#include "l1-bridge/chain/rollup_storage.hpp"

namespace gavel::l1 {
namespace {

// State variables in the order of their declaration.
const Hash kGlobals = slots::at(0);
const Hash kTallies = slots::at(1);
const Hash kRecords = slots::at(2);
const Hash kTerms = slots::at(3);
const Hash kQueueHashes = slots::at(4);
const Hash kQueueTimes = slots::at(5);
const Hash kHeld = slots::at(6);
const Hash kCommits = slots::at(7);
const Hash kPaid = slots::at(8);
const Hash kExited = slots::at(9);
const Hash kRefunded = slots::at(10);
const Hash kNotice = slots::at(11);
const Hash kChannelTaken = slots::at(12);
const Hash kParameters = keccak256(view_of("gavel.rollup.parameters"));

constexpr uint64_t kTimesInWord = 4;
constexpr uint64_t kBitsInWord = 256;

// Fields of one word, the first in the lowest-order bytes, as Solidity packs them.
class WordWriter {
public:
    WordWriter& integer(u128 value, size_t width) {
        for (size_t i = 0; i < width; ++i) word_.bytes[--end_] = static_cast<uint8_t>(value >> (8 * i));
        return *this;
    }
    WordWriter& u64(uint64_t value) { return integer(value, 8); }
    WordWriter& boolean(bool value) { return integer(value ? 1 : 0, 1); }
    WordWriter& address(const Address& value) {
        end_ -= Address::kSize;
        std::copy(value.bytes.begin(), value.bytes.end(), word_.bytes.begin() + static_cast<ptrdiff_t>(end_));
        return *this;
    }
    const Hash& word() const { return word_; }

private:
    Hash word_;
    size_t end_ = Hash::kSize;
};

class WordReader {
public:
    explicit WordReader(const Hash& word) : word_(word) {}
    u128 integer(size_t width) {
        end_ -= width;
        u128 value = 0;
        for (size_t i = 0; i < width; ++i) value = value << 8 | word_.bytes[end_ + i];
        return value;
    }
    uint64_t u64() { return static_cast<uint64_t>(integer(8)); }
    bool boolean() { return integer(1) != 0; }
    Address address() {
        end_ -= Address::kSize;
        return Address::from(ByteView{word_}.subspan(end_));
    }

private:
    Hash word_;
    size_t end_ = Hash::kSize;
};

}  // namespace

RollupParameters RollupStorage::windows() {
    WordReader word(host_.load_immutable(kParameters));
    RollupParameters out;
    out.challenge_window = word.u64();
    out.inclusion_window = word.u64();
    out.freeze_age = word.u64();
    return out;
}

RollupParameters RollupStorage::parameters() {
    RollupParameters out = windows();
    out.stake = low_u128(host_.load_immutable(slots::plus(kParameters, 1)));
    out.home_operator = low_address(host_.load_immutable(slots::plus(kParameters, 2)));
    return out;
}

void RollupStorage::set_parameters(const RollupParameters& p) {
    host_.store(kParameters, WordWriter().u64(p.challenge_window).u64(p.inclusion_window).u64(p.freeze_age).word());
    host_.store(slots::plus(kParameters, 1), word_of(p.stake));
    host_.store(slots::plus(kParameters, 2), word_of(p.home_operator));
}

Globals RollupStorage::globals() {
    WordReader word(host_.load(kGlobals));
    return Globals{word.u64(), word.u64(), word.u64(), word.boolean()};
}

void RollupStorage::set(const Globals& g) {
    host_.store(kGlobals, WordWriter().u64(g.head).u64(g.current_term).u64(g.last_strike_at).boolean(g.frozen).word());
}

Tallies RollupStorage::tallies() {
    WordReader word(host_.load(kTallies));
    return Tallies{word.u64(), word.u64(), word.integer(16)};
}

void RollupStorage::set(const Tallies& t) {
    host_.store(kTallies, WordWriter().u64(t.term_count).u64(t.home_punished_at).integer(t.burned, 16).word());
}

Hash RollupStorage::record_slot(uint64_t number) { return slots::mapping(host_, u128{number % kRecordPlaces}, kRecords); }

Hash RollupStorage::batch_hash(uint64_t number) { return host_.load(record_slot(number)); }

RecordInfo RollupStorage::record_info(uint64_t number) {
    WordReader word(host_.load(slots::plus(record_slot(number), 1)));
    return RecordInfo{word.u64(), word.u64(), word.u64(), static_cast<uint32_t>(word.integer(4)),
                      static_cast<uint32_t>(word.integer(4))};
}

void RollupStorage::set_record(uint64_t number, const Hash& hash, const RecordInfo& info) {
    Hash slot = record_slot(number);
    host_.store(slot, hash);
    WordWriter word;
    word.u64(info.posted_at).u64(info.term).u64(info.l1_ops_consumed).integer(info.withdrawal_count, 4).integer(info.lap, 4);
    host_.store(slots::plus(slot, 1), word.word());
}

Hash RollupStorage::term_slot(uint64_t term) { return slots::mapping(host_, u128{term}, kTerms); }

TermSeat RollupStorage::term_seat(uint64_t term) {
    WordReader word(host_.load(term_slot(term)));
    return TermSeat{word.address(), word.u64(), word.boolean(), word.boolean(), word.boolean(), word.boolean()};
}

void RollupStorage::set(uint64_t term, const TermSeat& s) {
    WordWriter word;
    word.address(s.sequencer).u64(s.started_at);
    word.boolean(s.slashed).boolean(s.evicted).boolean(s.stake_taken).boolean(s.reward_taken);
    host_.store(term_slot(term), word.word());
}

TermCourse RollupStorage::term_course(uint64_t term) {
    WordReader word(host_.load(slots::plus(term_slot(term), 1)));
    return TermCourse{word.u64(), word.u64(), word.u64(), word.u64()};
}

void RollupStorage::set(uint64_t term, const TermCourse& c) {
    WordWriter word;
    word.u64(c.ended_at).u64(c.last_batch).u64(c.first_proof_at).u64(c.last_posted_at);
    host_.store(slots::plus(term_slot(term), 1), word.word());
}

TermProof RollupStorage::last_proof(uint64_t term) {
    Hash slot = term_slot(term);
    WordReader word(host_.load(slots::plus(slot, 2)));
    return TermProof{word.address(), word.u64(), host_.load(slots::plus(slot, 3))};
}

void RollupStorage::set(uint64_t term, const TermProof& p) {
    Hash slot = term_slot(term);
    host_.store(slots::plus(slot, 2), WordWriter().address(p.prover).u64(p.at).word());
    host_.store(slots::plus(slot, 3), p.hash);
}

uint64_t RollupStorage::queue_length() { return static_cast<uint64_t>(low_u128(host_.load(kQueueTimes))); }

Hash RollupStorage::queue_hash(uint64_t index) { return host_.load(slots::mapping(host_, u128{index}, kQueueHashes)); }

uint64_t RollupStorage::queue_time(uint64_t index) {
    Hash word = host_.load(slots::element(host_, kQueueTimes, index / kTimesInWord));
    WordReader reader(word);
    uint64_t time = 0;
    for (uint64_t i = 0; i <= index % kTimesInWord; ++i) time = reader.u64();
    return time;
}

void RollupStorage::push_operation(uint64_t index, const Hash& hash_after, uint64_t time) {
    host_.store(slots::mapping(host_, u128{index} + 1, kQueueHashes), hash_after);
    host_.store(kQueueTimes, word_of(u128{index} + 1));
    Hash slot = slots::element(host_, kQueueTimes, index / kTimesInWord);
    WordReader before(host_.load(slot));
    WordWriter after;
    for (uint64_t i = 0; i < kTimesInWord; ++i) {
        uint64_t old = before.u64();
        after.u64(i == index % kTimesInWord ? time : old);
    }
    host_.store(slot, after.word());
}

u128 RollupStorage::held(const Address& token) { return low_u128(host_.load(slots::mapping(host_, token, kHeld))); }

void RollupStorage::set_held(const Address& token, u128 amount) {
    host_.store(slots::mapping(host_, token, kHeld), word_of(amount));
}

NoticeWord RollupStorage::notice() {
    WordReader word(host_.load(kNotice));
    return NoticeWord{word.u64(), word.boolean(), word.u64()};
}

void RollupStorage::set(const NoticeWord& n) {
    host_.store(kNotice, WordWriter().u64(n.announced_at).boolean(n.stands).u64(n.frozen_at).word());
}

Hash RollupStorage::commit_slot(const Address& prover, const Hash& commitment) {
    return slots::mapping(host_, commitment, slots::mapping(host_, prover, kCommits));
}

uint64_t RollupStorage::committed_at(const Address& prover, const Hash& commitment) {
    return WordReader(host_.load(commit_slot(prover, commitment))).u64();
}

void RollupStorage::set_committed_at(const Address& prover, const Hash& commitment, uint64_t time) {
    host_.store(commit_slot(prover, commitment), word_of(time));
}

bool RollupStorage::bit(const Hash& bitmap, uint64_t index) {
    Hash word = host_.load(slots::mapping(host_, u128{index / kBitsInWord}, bitmap));
    uint64_t bit = index % kBitsInWord;
    return (word.bytes[Hash::kSize - 1 - bit / 8] >> (bit % 8) & 1) != 0;
}

void RollupStorage::set_bit(const Hash& bitmap, uint64_t index) {
    Hash slot = slots::mapping(host_, u128{index / kBitsInWord}, bitmap);
    Hash word = host_.load(slot);
    uint64_t bit = index % kBitsInWord;
    word.bytes[Hash::kSize - 1 - bit / 8] |= static_cast<uint8_t>(1u << (bit % 8));
    host_.store(slot, word);
}

bool RollupStorage::is_paid(uint32_t position) { return bit(kPaid, position); }
void RollupStorage::set_paid(uint32_t position) { set_bit(kPaid, position); }
bool RollupStorage::is_exited(uint32_t index) { return bit(kExited, index); }
void RollupStorage::set_exited(uint32_t index) { set_bit(kExited, index); }
bool RollupStorage::is_refunded(uint64_t index) { return bit(kRefunded, index); }
void RollupStorage::set_refunded(uint64_t index) { set_bit(kRefunded, index); }

u128 RollupStorage::channel_taken(uint32_t index) {
    return low_u128(host_.load(slots::mapping(host_, u128{index}, kChannelTaken)));
}

void RollupStorage::set_channel_taken(uint32_t index, u128 amount) {
    host_.store(slots::mapping(host_, u128{index}, kChannelTaken), word_of(amount));
}

}  // namespace gavel::l1
