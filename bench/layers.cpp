#include "bench/layers.hpp"

#include <algorithm>
#include <chrono>
#include <stdexcept>

#include "l1-bridge/wire/erc20_call.hpp"
#include "protocol/encoding.hpp"
#include "protocol/keccak.hpp"

namespace gavel::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr size_t kSubmitted = 1'000;  // operations of one message
constexpr uint64_t kTokenGas = 80'000;
constexpr unsigned kNewLines = 47;  // to new accounts, of a payout: what a chunk carries

double seconds_since(Clock::time_point begin) { return std::chrono::duration<double>(Clock::now() - begin).count(); }

// Somebody with an account and no key here.
Address stranger(uint64_t number) { return Address::from(keccak256({view_of("stranger"), ByteWriter().u64(number).bytes()})); }

// Two to four significant digits, as people pay.
Amount amount_of(uint64_t number, bool in_ether) {
    u128 digits = 11 + ByteReader(keccak256(ByteWriter().u64(number).bytes())).u64() % 9'000;
    return Amount{digits * (in_ether ? u128{1'000'000'000'000} : u128{100})};
}

Address token_of(const LayersWorld& world, Kind kind) { return kind == Kind::kToken ? world.token : Address{}; }

// What the sequencer suggests now.
Amount fee_of(LayersWorld& world, const Address& token, OperationKind kind, unsigned lines, unsigned new_recipients) {
    auto quote = world.sequencer->estimate_fee(token, {kind, lines, new_recipients, false});
    if (!quote) throw std::runtime_error(node::to_string(quote.status()));
    return quote->suggested;
}

struct Sent {
    uint64_t block = 0, operations = 0;
    size_t calldata = 0, blobs = 0;
    bool is_full = false;  // every slot of its blobs has a chunk
    l1::Receipt receipt;
};

std::optional<Sent> sent_by(const l1::Transaction& body) {
    const auto call = l1::read_append(body.data);
    if (!call) return std::nullopt;
    Sent out;
    auto count = [&](const BatchFrame& frame) { out.operations = frame.last.op_count - frame.parent.last.op_count; };
    if (call->source == DataSource::kCalldata) {
        count(decode_batch(call->batch).value());
    } else {
        const BlobBatchFrame frame = decode_blob_frame(call->batch, body.blob_hashes).value();
        count(frame);
        out.is_full = frame.chunk_count == kSlotsPerBlob * body.blob_hashes.size();
    }
    out.calldata = body.data.size();
    out.blobs = body.blob_hashes.size();
    return out;
}

// What the L1 has of the rollup's batches from a block on.
std::vector<Sent> batches_since(LayersWorld& world, uint64_t first_block) {
    std::vector<Sent> out;
    for (uint64_t number = first_block; number <= world.chain->head().number; ++number) {
        for (const Hash& hash : world.chain->transaction_hashes(number)) {
            const l1::Transaction body = world.chain->transaction(hash)->transaction.body;
            auto sent = body.to == world.rollup ? sent_by(body) : std::nullopt;
            if (!sent) continue;
            sent->block = number;
            sent->receipt = world.chain->receipt(hash).value();
            if (!sent->receipt.success) throw std::runtime_error("a batch fails on the L1");
            out.push_back(*std::move(sent));
        }
    }
    return out;
}

uint64_t posted_operations(LayersWorld& world) { return world.sequencer->queries().chain_info().posted_op_count; }
uint64_t all_operations(LayersWorld& world) { return world.sequencer->queries().chain_info().op_count; }

// A block at a time, each with all that the sequencer sends until then: one batch a round.
void post_all(LayersWorld& world) {
    for (int i = 0; i < 500; ++i) {
        if (posted_operations(world) == all_operations(world)) return;
        for (size_t before = ~size_t{0}; world.chain->mempool_size() != before;) {
            before = world.chain->mempool_size();
            (void)world.sequencer->follow();
        }
        world.step();
    }
    throw std::runtime_error("what is confirmed isn't posted");
}

}  // namespace

const char* name_of(Kind kind) {
    switch (kind) {
        case Kind::kEth: return "transfers of ETH";
        case Kind::kToken: return "transfers of a token";
        case Kind::kPayout: return "payouts of 60 lines";
    }
    return "";
}

DirectFigures measure_direct(LayersWorld& world, Kind kind, unsigned blocks) {
    const bool is_token = kind == Kind::kToken;
    const uint64_t gas_limit = is_token ? kTokenGas : 21'000;
    if (is_token) {
        for (size_t i = 0; i < world.users(); ++i) {
            Address user = world.user(i).address();
            Bytes mint = l1::AbiWriter("mint(address,uint256)").word(user).word(u128{1} << 60).take();
            world.send(world.transaction(world.user(i), world.token, mint, 0, kTokenGas));
        }
        while (world.chain->mempool_size() > 0) world.mine();
    }
    // More than the blocks hold, from many senders, to people who have an account.
    std::vector<Bytes> signed_ones;
    const uint64_t wanted = blocks * (kBlockGas / (is_token ? 28'000 : 21'000)) + 100;
    for (uint64_t i = 0; i < wanted; ++i) {
        const PrivateKey& from = world.user(i % world.users());
        Address to = world.user((i * 7 + 1) % world.users()).address();
        Amount amount = amount_of(i, !is_token);
        Bytes data = is_token ? l1::erc20_call::transfer(to, amount) : Bytes();
        signed_ones.push_back(
            world.transaction(from, is_token ? world.token : to, data, is_token ? 0 : amount.value(), gas_limit));
    }
    DirectFigures out;
    out.blocks = blocks;
    const auto begin = Clock::now();
    for (const Bytes& raw : signed_ones) world.send(raw);
    for (unsigned i = 0; i < blocks; ++i) {
        l1::BlockHeader header = world.mine();
        out.gas += header.gas_used;
        out.payments += world.chain->transaction_hashes(header.number).size();
    }
    out.seconds = seconds_since(begin) * double(out.payments) / double(wanted);
    while (world.chain->mempool_size() > 0) world.mine();
    return out;
}

void fill_state(LayersWorld& world, const Address& token, size_t accounts) {
    const bool in_ether = token.is_zero();
    world.deposit(token, 10'000'000 * kEther);
    std::vector<sequencer::Submission> submissions;
    uint64_t nonce = world.sequencer->queries().account({world.bank.address(), token}).nonce, made = 0;
    const Amount fee = fee_of(world, token, OperationKind::kPayout, kNewLines, kNewLines);
    auto pay = [&](std::vector<Payment> payments) {
        Operation operation{OperationKind::kPayout, token, std::move(payments), fee, 0, {}};
        submissions.push_back(world.sign(world.bank, operation, nonce++));
    };
    // The users first, with money to pay with; then strangers.
    const Amount wealth{in_ether ? 100 * kEther : u128{1} << 50};
    std::vector<Payment> payments;
    for (size_t i = 0; i < world.users() + accounts; ++i) {
        bool is_user = i < world.users();
        payments.push_back({is_user ? world.user(i).address() : stranger(made++), is_user ? wealth : Amount{1}});
        if (payments.size() == kNewLines) pay(std::exchange(payments, {}));
    }
    if (!payments.empty()) pay(std::move(payments));
    for (size_t at = 0; at < submissions.size(); at += kSubmitted) {
        auto end = std::min(submissions.size(), at + kSubmitted);
        world.submit({submissions.begin() + static_cast<long>(at), submissions.begin() + static_cast<long>(end)});
    }
    post_all(world);
}

RollupFigures measure_rollup(LayersWorld& world, Kind kind, size_t payments, size_t accounts) {
    const Address token = token_of(world, kind);
    const size_t lines = kind == Kind::kPayout ? kPayoutLines : 1;
    std::vector<sequencer::Submission> submissions;
    std::map<size_t, uint64_t> nonces;
    const OperationKind posted = kind == Kind::kPayout ? OperationKind::kPayout : OperationKind::kTransfer;
    const Amount fee = fee_of(world, token, posted, static_cast<unsigned>(lines), 0);
    for (size_t i = 0; i * lines < payments; ++i) {
        size_t user = (i * 131 + 7) % world.users();
        auto [nonce, is_new] = nonces.try_emplace(user, 0);
        if (is_new) nonce->second = world.sequencer->queries().account({world.user(user).address(), token}).nonce;
        Operation operation;
        operation.kind = posted;
        operation.token = token;
        operation.fee = fee;
        for (size_t line = 0; line < lines; ++line) {
            uint64_t number = i * lines + line;
            uint64_t drawn = ByteReader(keccak256(ByteWriter().u64(number).bytes())).u64();
            operation.payments.push_back({stranger(drawn % accounts), amount_of(number, token.is_zero())});
        }
        submissions.push_back(world.sign(world.user(user), std::move(operation), nonce->second++));
    }
    RollupFigures out;
    const uint64_t first_block = world.chain->head().number + 1;
    const auto begin = Clock::now();
    for (size_t at = 0; at < submissions.size(); at += kSubmitted) {
        auto end = std::min(submissions.size(), at + kSubmitted);
        world.submit({submissions.begin() + static_cast<long>(at), submissions.begin() + static_cast<long>(end)});
    }
    out.seconds = seconds_since(begin);
    post_all(world);
    std::map<uint64_t, uint64_t> in_block;
    for (const Sent& sent : batches_since(world, first_block)) {
        const uint64_t paid = sent.operations * lines;
        ++out.batches;
        out.blobs += sent.blobs;
        out.bytes += sent.calldata;
        out.cost.add(paid, sent.receipt);
        in_block[sent.block] += paid;
        if (!sent.is_full) continue;
        out.full.add(paid, sent.receipt);
        out.full_blobs += sent.blobs;
    }
    if (out.cost.payments != submissions.size() * lines) throw std::runtime_error("other payments are posted than were made");
    for (const auto& [block, paid] : in_block) out.fullest_block = std::max(out.fullest_block, paid);
    return out;
}

Times measure_times(LayersWorld& world) {
    Times out;
    const PrivateKey& alice = world.user(0);
    uint64_t nonce = world.sequencer->queries().account({alice.address(), {}}).nonce;
    const Amount fee = fee_of(world, {}, OperationKind::kTransfer, 1, 1);
    auto payment = [&](uint64_t number) {
        Operation operation{OperationKind::kTransfer, {}, {{stranger(number), amount_of(number, true)}}, fee, 0, {}};
        return world.sign(alice, operation, nonce++);
    };
    std::vector<double> each;
    for (uint64_t i = 0; i < 300; ++i) {
        std::vector one{payment(i)};
        const auto begin = Clock::now();
        world.submit(one);
        each.push_back(1000 * seconds_since(begin));
    }
    std::sort(each.begin(), each.end());
    out.confirmed_ms = each[each.size() / 2];
    out.confirmed_worst_ms = each.back();
    post_all(world);

    // One payment a second for twenty minutes, the sequencer looking at the L1 each second. A batch goes when its oldest payment
    // has waited for batch_age; then for a block.
    std::map<uint64_t, uint64_t> waiting;  // operations in all, with this one -> time
    double sum = 0;
    uint64_t count = 0, direct = 0;
    for (uint64_t second = 0; second < 1'200; ++second) {
        world.submit({payment(second)});
        waiting[all_operations(world)] = second;
        (void)world.sequencer->follow();
        world.clock.advance(1'000);
        direct += kBlockTime - second % kBlockTime;  // to the next block
        if (second % kBlockTime == kBlockTime - 1) world.chain->mine();
        (void)world.sequencer->follow();
        while (!waiting.empty() && waiting.begin()->first <= posted_operations(world)) {
            sum += double(second + 1 - waiting.begin()->second);
            ++count;
            waiting.erase(waiting.begin());
        }
    }
    out.posted_s = sum / double(count);
    out.direct_included_s = double(direct) / 1'200;
    return out;
}

}  // namespace gavel::bench
