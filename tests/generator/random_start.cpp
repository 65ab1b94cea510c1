// Where random histories start.
#include "protocol/kinds/kinds.hpp"
#include "tests/generator/random_chunks.hpp"
#include "tests/generator/test_channels.hpp"

namespace gavel::test {
namespace {

Amount random_balance(StartKind kind, Random& random) {
    if (kind == StartKind::kRich && random.chance(60))
        return Amount{Amount::max().value() - (random.chance(50) ? random.below(1000) : 0)};
    if (random.chance(10)) return Amount{};
    return Amount{(random.below(1000) + 1) * power_of_ten(random.below(21))};
}

// A nonce of a channel's leaf: open, closed, worn, or not marked yet.
uint64_t random_mark(StartKind kind, Random& random) {
    if (random.chance(15)) return kClosedChannel;
    if (random.chance(10)) return random.below(3);
    if (kind == StartKind::kWorn) return kClosedChannel - 1 - random.below(4);
    return kChannelMark + random.below(20);
}

void add_channels(StartingState& start, StartKind kind, Random& random) {
    for (size_t i = 0; i < kChannels; ++i) {
        if (random.chance(60)) continue;
        const u128 unit = channel_terms(i).unit.value();
        u128 balance = random.chance(20) ? random_balance(kind, random).value() : random.below(40) * (unit % (u128{1} << 110));
        start.add(channel_address(i), token(random.below(kRandomTokens)), Amount{balance + random.below(7)},
                  random_mark(kind, random));
    }
}

}  // namespace

const char* name_of(StartKind kind) {
    switch (kind) {
        case StartKind::kGenesis: return "genesis";
        case StartKind::kPopulated: return "populated";
        case StartKind::kFullAccounts: return "account tree nearly full";
        case StartKind::kFullWithdrawals: return "withdrawal tree nearly full";
        case StartKind::kRich: return "balances near their end";
        case StartKind::kWorn: return "nonces near their end";
        case StartKind::kLate: return "counters near their end";
    }
    return "?";
}

StartingState random_start(StartKind kind, Random& random) {
    StartingState start;
    if (kind == StartKind::kGenesis) return start;
    for (size_t who = 0; who < kPeople; ++who) {
        for (size_t what = 0; what < kRandomTokens; ++what) {
            if (random.chance(40)) continue;
            uint64_t nonce = random.chance(70) ? 0 : random.below(1000);
            if (kind == StartKind::kWorn && random.chance(70)) nonce = kMaxNonce - random.below(4);
            start.add(person_address(who), token(what), random_balance(kind, random), nonce);
        }
    }
    add_channels(start, kind, random);
    if (kind == StartKind::kFullAccounts) {
        start.account_count = kMaxAccountCount - 6 - static_cast<uint32_t>(random.below(3));
        start.add(stranger(1000), token(0), random_balance(kind, random));
        start.account_count += 1;
        start.add(stranger(1000), token(1), random_balance(kind, random));
    }
    if (kind == StartKind::kFullWithdrawals)
        start.withdrawal_count = kMaxWithdrawalCount - static_cast<uint32_t>(random.below(5));
    if (kind == StartKind::kLate) {
        start.counters.op_count = ~uint64_t{0} - random.below(60);
        start.counters.l1_ops_consumed = ~uint64_t{0} - random.below(60);
    }
    return start;
}

u128 power_of_ten(uint64_t exponent) {
    u128 out = 1;
    while (exponent-- > 0) out *= 10;
    return out;
}

}  // namespace gavel::test
