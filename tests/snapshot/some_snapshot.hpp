// A state that no chain has led to, large enough for several pieces, and sources of its snapshot, honest and not.
#pragma once

#include <map>

#include "follow/snapshot_taker.hpp"
#include "tests/protocol/naive_trees.hpp"

namespace gavel::test {

using namespace gavel::follow;

inline Address address_of(uint8_t byte) {
    Address out;
    out.bytes.fill(byte);
    return out;
}

// Leaves that are linked, by index.
inline AccountTree some_accounts(uint32_t count, uint64_t seed = 0) {
    AccountTree out;
    for (uint32_t i = 1; i < count; ++i) insert(out, key_of(seed + i), 1000 + i);
    return out;
}

inline Withdrawal some_withdrawal(uint64_t number) { return {Address::from(test::number(number)), {}, Amount{u128{1} + number}}; }

struct SomeSnapshot {
    SnapshotHead head;
    Bytes leaves, withdrawals, roots;

    // The trees' roots are those of the trees in memory, leaf by leaf.
    SomeSnapshot(uint64_t batch, uint32_t account_count, uint32_t withdrawal_count, uint64_t seed = 0) {
        const AccountTree accounts = some_accounts(account_count, seed);
        WithdrawalTree tree;
        for (uint32_t i = 0; i < account_count; ++i) append(leaves, accounts.at(i)->encode());
        for (uint32_t i = 0; i < withdrawal_count; ++i) {
            append(withdrawals, some_withdrawal(i).encode());
            tree.append(some_withdrawal(i).hash());
        }
        head.domain = {7, Address::from(number(99))};
        head.header.number = batch;
        head.header.chunk_count = 1;
        head.header.last = {accounts.root(), tree.root(), account_count, withdrawal_count, 3, 4};
        roots = snapshot_roots(leaves, withdrawals);
    }

    std::string piece(const SnapshotPiece& which) const {
        const Bytes& all = which.part == SnapshotPart::kRoots    ? roots
                           : which.part == SnapshotPart::kLeaves ? leaves
                                                                 : withdrawals;
        const size_t whole = size_t{records_a_piece(which.part)} * record_bytes(which.part);
        const ByteView rest = ByteView(all).subspan(which.number * whole);
        return string_of(rest.first(std::min(whole, rest.size())));
    }
    // Of three pieces of leaves and two of withdrawals; made once.
    static const SomeSnapshot& large() {
        static const SomeSnapshot out(5, 20'000, 20'000);
        return out;
    }
};

inline node::Status unreachable() { return {node::Code::kUnavailable, "SNAPSHOT_UNREACHABLE", "snapshot", "the line is cut"}; }
inline node::Status unknown() { return {node::Code::kNotFound, "SNAPSHOT_UNKNOWN", "snapshot", "it isn't here"}; }

// Has one snapshot, and says of it what a test likes.
class StandIn final : public SnapshotSource {
public:
    StandIn(const SomeSnapshot& snapshot, std::string name) : snapshot_(snapshot), name_(std::move(name)) {}

    std::function<void(std::string& head)> changes_head = [](std::string&) {};
    std::function<void(const SnapshotPiece& which, std::string& data)> changes_piece = [](const SnapshotPiece&, std::string&) {};
    // Away, for everything or from so many pieces of leaves and withdrawals on.
    bool is_away = false;
    size_t gives = ~size_t{0};
    bool has_forgotten = false;        // its pieces
    std::vector<SnapshotPiece> asked;  // pieces of leaves and withdrawals

    const std::string& name() const override { return name_; }
    node::Result<std::string> head(std::optional<uint64_t> batch) override {
        if (is_away) return unreachable();
        if (batch && *batch != snapshot_.head.batch()) return unknown();
        std::string out = string_of(snapshot_.head.encode());
        changes_head(out);
        return out;
    }
    node::Result<std::string> piece(uint64_t batch, const SnapshotPiece& which) override {
        if (is_away) return unreachable();
        if (batch != snapshot_.head.batch() || has_forgotten) return unknown();
        if (which.part != SnapshotPart::kRoots) {
            if (asked.size() >= gives) return unreachable();
            asked.push_back(which);
        }
        std::string out = snapshot_.piece(which);
        changes_piece(which, out);
        return out;
    }

private:
    const SomeSnapshot& snapshot_;
    const std::string name_;
};

}  // namespace gavel::test
