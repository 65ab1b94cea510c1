// The bytes of a snapshot: lengths, places, roots; and the files that hold it.
#include "node/file.hpp"
#include "tests/snapshot/some_snapshot.hpp"
#include "tests/support/temp_dir.hpp"

namespace gavel::test {

TEST_CASE("the root of a subtree is that of the naive tree, from any height") {
    std::vector<Hash> leaves;
    for (uint64_t i = 0; i < 21; ++i) leaves.push_back(number(i));
    for (size_t count = 0; count <= leaves.size(); ++count) {
        const std::vector<Hash> some(leaves.begin(), leaves.begin() + static_cast<ptrdiff_t>(count));
        for (int to : {0, 1, 3, 5, 32}) {
            if (count > uint64_t{1} << to) continue;
            CHECK(subtree_root(some, 0, static_cast<unsigned>(to)) == naive_node(some, to, 0));
        }
        std::vector<Hash> pairs;
        for (uint64_t i = 0; 2 * i < count; ++i) pairs.push_back(naive_node(some, 1, i));
        CHECK(subtree_root(pairs, 1, kTreeDepth) == naive_root(some));
    }
}

TEST_CASE("a tree of all leaves at once is the one that grew leaf by leaf, and grows on like it") {
    for (uint32_t count : {1u, 2u, 3u, 257u, 600u}) {
        AccountTree grown = some_accounts(count);
        std::vector<Account> leaves;
        for (uint32_t i = 0; i < count; ++i) leaves.push_back(*grown.at(i));
        auto made = AccountTree::of(dense(leaves));
        REQUIRE(made.has_value());
        CHECK(made->count() == count);
        CHECK(made->root() == grown.root());
        for (AccountTree* tree : {&grown, &*made}) insert(*tree, key_of(9'999), 5);
        CHECK(made->root() == grown.root());
        CHECK(made->path(count) == grown.path(count));
        CHECK(made->find(key_of(9'999)).index == count);
        for (AccountTree* tree : {&grown, &*made}) tree->pop();
        CHECK(made->root() == grown.root());
        if (count < 3) continue;
        std::vector<Account> twice = leaves, headless = leaves;
        twice[2].key = twice[1].key;
        headless[0].key = key_of(9'999);
        CHECK_FALSE(AccountTree::of(dense(twice)));
        CHECK_FALSE(AccountTree::of(dense(headless)));
    }
    CHECK_FALSE(AccountTree::of({}));
}

TEST_CASE("a snapshot's roots are those of the trees in memory, whatever the counts") {
    struct Case {
        uint32_t accounts, withdrawals, leaf_pieces, withdrawal_pieces;
    };
    for (const Case& at :
         {Case{1, 0, 1, 0}, Case{2, 1, 1, 1}, Case{8'191, 16'384, 1, 1}, Case{8'192, 16'385, 1, 2}, Case{8'193, 3, 2, 1}}) {
        INFO(at.accounts << " accounts, " << at.withdrawals << " withdrawals");
        const SomeSnapshot snapshot(1, at.accounts, at.withdrawals);
        const StateFields& state = snapshot.head.header.last;
        const SnapshotLayout layout(state);
        CHECK(layout.pieces(SnapshotPart::kLeaves) == at.leaf_pieces);
        CHECK(layout.pieces(SnapshotPart::kWithdrawals) == at.withdrawal_pieces);
        REQUIRE(snapshot.roots.size() == 32 * (at.leaf_pieces + at.withdrawal_pieces));
        CHECK(SnapshotRoots(state, snapshot.roots).lead_to(state));
        for (size_t i = 0; i < snapshot.roots.size(); i += 32) {
            Bytes other = snapshot.roots;
            other[i] ^= 1;
            CHECK_FALSE(SnapshotRoots(state, other).lead_to(state));
        }
    }
}

TEST_CASE("a head has one form") {
    const SomeSnapshot snapshot(0x0102030405060708, 3, 2);
    const Bytes bytes = snapshot.head.encode();
    REQUIRE(bytes.size() == 239);
    CHECK(string_of(ByteView(bytes).first(16)) == "gavel snapshot 1");
    CHECK(to_hex(ByteView(bytes).subspan(16, 8)) == "0x0000000000000007");
    CHECK(to_hex(ByteView(bytes).subspan(44, 8)) == "0x0102030405060708");
    CHECK(SnapshotHead::decode(bytes) == snapshot.head);
    Bytes longer = bytes, other = bytes;
    longer.push_back(0);
    other[15] = '2';
    CHECK_FALSE(SnapshotHead::decode(longer));
    CHECK_FALSE(SnapshotHead::decode(other));
    CHECK_FALSE(SnapshotHead::decode(ByteView(bytes).first(238)));
    CHECK_FALSE(SnapshotHead::decode({}));
}

TEST_CASE("every piece follows the one before it, and none is above a mebibyte, up to the largest counts") {
    for (const auto& [accounts, withdrawals] : {std::pair{1u, 0u}, {20'000u, 20'000u}, {8'192u, 16'384u}, {~0u, ~0u}}) {
        StateFields state;
        state.account_count = accounts;
        state.withdrawal_count = withdrawals;
        const SnapshotLayout layout(state);
        uint64_t at = SnapshotHead::kSize;
        bool is_bounded = true, is_in_turn = true;
        for (SnapshotPart part : kSnapshotParts) {
            for (uint32_t i = 0; i < layout.pieces(part); ++i) {
                const SnapshotPiece piece{part, i};
                is_in_turn &= layout.offset_of(piece) == at;
                is_bounded &= layout.bytes_of(piece) <= kMaxPieceBytes && layout.bytes_of(piece) > 0;
                at += layout.bytes_of(piece);
            }
        }
        CHECK(is_bounded);
        CHECK(is_in_turn);
        CHECK(layout.file_bytes() == at);
        CHECK(at ==
              SnapshotHead::kSize + uint64_t{accounts} * 104 + uint64_t{withdrawals} * 56 +
                  32 * (uint64_t{accounts / 8192} + (accounts % 8192 != 0) + withdrawals / 16384 + (withdrawals % 16384 != 0)));
    }
}

TEST_CASE("a draft keeps the pieces that are true, through restarts, and becomes a file that can be read") {
    const SomeSnapshot& snapshot = SomeSnapshot::large();
    TempDir folder;
    const std::string path = folder.file("a.part");
    CHECK_FALSE(SnapshotDraft::left_at(path));
    auto draft = SnapshotDraft::open(path, snapshot.head, snapshot.roots);
    REQUIRE(draft.ok());
    const SnapshotPiece first{SnapshotPart::kLeaves, 0}, last{SnapshotPart::kLeaves, 2};
    CHECK_FALSE(*draft->has(first));
    std::string data = snapshot.piece(last);
    REQUIRE(draft->put(last, view_of(data)).ok());
    data = snapshot.piece(first);
    data[77] = static_cast<char>(data[77] ^ 1);
    CHECK_FALSE(draft->is_true(first, view_of(data)));
    REQUIRE(draft->put(first, view_of(data)).ok());  // as a disk may have it after a loss of power

    auto again = SnapshotDraft::open(path, snapshot.head, snapshot.roots);
    REQUIRE(again.ok());
    CHECK_FALSE(*again->has(first));
    CHECK(*again->has(last));
    auto left = SnapshotDraft::left_at(path);
    REQUIRE(left.has_value());
    CHECK(left->head == snapshot.head);
    CHECK(left->roots == snapshot.roots);
    for (SnapshotPart part : {SnapshotPart::kLeaves, SnapshotPart::kWithdrawals})
        for (uint32_t i = 0; i < again->layout().pieces(part); ++i) {
            data = snapshot.piece({part, i});
            REQUIRE(again->put({part, i}, view_of(data)).ok());
        }
    auto file = again->finish(folder.file("whole"));
    REQUIRE(file.ok());
    CHECK(file->head() == snapshot.head);
    for (SnapshotPart part : kSnapshotParts)
        for (uint32_t i = 0; i < file->layout().pieces(part); ++i) CHECK(*file->read({part, i}) == snapshot.piece({part, i}));
    CHECK_FALSE(SnapshotDraft::left_at(path));

    // Of another head nothing is kept.
    auto other = SnapshotDraft::open(folder.file("whole"), SomeSnapshot(6, 20'000, 20'000, 50'000).head,
                                     SomeSnapshot(6, 20'000, 20'000, 50'000).roots);
    REQUIRE(other.ok());
    CHECK_FALSE(*other->has(last));
}

TEST_CASE("a file of another length than its counts ask for is no snapshot") {
    const SomeSnapshot snapshot(1, 3, 2);
    TempDir folder;
    std::string bytes = string_of(snapshot.head.encode()) + string_of(snapshot.roots) + string_of(snapshot.leaves) +
                        string_of(snapshot.withdrawals);
    REQUIRE(node::write_file(folder.file("good"), bytes).ok());
    CHECK(SnapshotFile::open(folder.file("good")).ok());
    for (const std::string& bad :
         {bytes.substr(0, bytes.size() - 1), bytes + "x", bytes.substr(1), bytes.substr(0, 100), std::string()}) {
        REQUIRE(node::write_file(folder.file("bad"), bad).ok());
        CHECK(SnapshotFile::open(folder.file("bad")).status().reason == "SNAPSHOT_INVALID");
        CHECK_FALSE(SnapshotDraft::left_at(folder.file("bad")));
    }
    CHECK(SnapshotFile::open(folder.file("none")).status().reason == "FILE_NOT_FOUND");
}

}  // namespace gavel::test
