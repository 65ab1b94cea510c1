#include "tests/ledger/ledger_fixture.hpp"

#include <catch2/catch.hpp>

#include "protocol/kinds/kinds.hpp"

namespace gavel::ledger_test {

using namespace gavel::ledger;

Rows rows_of(const node::Store& store) {
    Rows out;
    store.scan("", "\xff", [&](std::string_view key, std::string_view value) {
        // Which leaves' rows are behind depends on restarts. What they lead to is checked whenever a ledger is opened.
        if (key.front() == 'A') return true;
        bool of_roll_back = key == "meta/lists" || key.front() == 'g' || key.front() == 'R' || key.front() == 'r';
        if (!of_roll_back && !key.starts_with("l1/")) out.emplace(key, value);
        return true;
    });
    return out;
}

namespace {

constexpr size_t kAll = 1'000'000;

void move(std::map<AccountKey, Amount>& balances, const AccountKey& key, Amount amount, bool credit) {
    Amount& balance = balances[key];
    auto moved = credit ? balance.plus(amount) : balance.minus(amount);
    REQUIRE(moved.has_value());
    balance = *moved;
}

void add(std::map<AccountKey, Amount>& balances, const OperationEntry& entry) {
    const Operation& operation = entry.operation;
    const bool is_redeem = operation.kind == OperationKind::kRedeem;
    move(balances, {is_redeem ? operation.channel.channel : entry.sender, operation.token}, *operation.total(), false);
    for (size_t i = 0; i < entry.recipients.size(); ++i) {
        move(balances, {operation.payments[i].to, operation.token}, operation.payments[i].amount, true);
    }
}

void add(std::map<AccountKey, Amount>& balances, const L1Entry& entry) {
    const L1Operation& operation = entry.operation;
    if (entry.sender) move(balances, {operation.caller, operation.token}, entry.moved, false);
    if (entry.recipient) move(balances, {operation.to, operation.token}, entry.moved, true);
}

void add(std::map<AccountKey, Amount>& balances, const FeeEntry& entry) {
    move(balances, {entry.owner, entry.token}, entry.total, true);
}

// What touches_of should have led to, from the entries.
void check_touches(const OpenLedger& ledger, const Address& owner) {
    std::vector<uint64_t> newest_first, credited;
    std::optional<uint64_t> below = ~uint64_t{0};
    while (below) {
        Ledger::Touches page = ledger.touches_before(owner, std::nullopt, *below, 3);
        for (const Touch& touch : page.touches) {
            newest_first.push_back(touch.entry);
            if (touch.incoming) credited.insert(credited.begin(), touch.entry);
        }
        below = page.next;
    }
    CHECK(std::is_sorted(newest_first.rbegin(), newest_first.rend()));
    CHECK(std::adjacent_find(newest_first.begin(), newest_first.end()) == newest_first.end());
    std::vector<uint64_t> incoming;
    uint64_t from = 0;
    for (bool more = true; more;) {
        Ledger::Touches page = ledger.incoming_from(owner, std::nullopt, from, 2);
        for (const Touch& touch : page.touches) incoming.push_back(touch.entry);
        more = *page.next > from && *page.next < ledger.summary().entries;
        from = *page.next;
    }
    CHECK(incoming == credited);
}

}  // namespace

std::map<AccountKey, Amount> balances_by_entries(const OpenLedger& ledger) {
    std::map<AccountKey, Amount> out;
    for (const Entry& entry : ledger.entries(0, kAll)) {
        std::visit([&](const auto& what) { add(out, what); }, entry.what);
    }
    return out;
}

void check_consistent(const OpenLedger& ledger) {
    LedgerSummary summary = ledger.summary();
    auto entries = ledger.entries(0, kAll);
    REQUIRE(entries.size() == summary.entries);
    std::map<AccountKey, Amount> balances = balances_by_entries(ledger);
    std::map<Address, size_t> accounts_by_owner;
    for (uint32_t index = 1; index < summary.account_count; ++index) {
        auto account = ledger.account(index);
        REQUIRE(account.has_value());
        CHECK(account->balance == balances[account->key]);
        CHECK(ledger.account(account->key) == AccountAt{index, *account});
        ++accounts_by_owner[account->key.owner];
    }
    CHECK_FALSE(ledger.account(summary.account_count).has_value());
    for (const auto& [owner, count] : accounts_by_owner) {
        auto accounts = ledger.accounts_of(owner, std::nullopt, kAll);
        CHECK(accounts.size() == count);
        for (size_t i = 1; i < accounts.size(); ++i) {
            auto behind = ledger.accounts_of(owner, accounts[i - 1].account.key.token, 1);
            CHECK(behind == std::vector<AccountAt>{accounts[i]});
        }
        check_touches(ledger, owner);
    }
    uint64_t position = 0, l1 = 0;
    for (size_t i = 0; i < entries.size(); ++i) {
        CHECK(entries[i].number == i);
        if (const auto* operation = std::get_if<OperationEntry>(&entries[i].what)) {
            CHECK(operation->position == position);
            CHECK(ledger.entry_of_position(position++) == i);
            CHECK(ledger.entry_of_hash(operation->hash) == i);
            CHECK(operation->digest == operation->operation.digest(ledger.domain_separator()));
            const ChannelTerms& terms = operation->operation.channel.terms;
            if (is_of_channel(operation->operation.kind))
                CHECK(ledger.channel_terms(terms.address(ledger.domain_separator())) == terms);
        } else if (const auto* consumed = std::get_if<L1Entry>(&entries[i].what)) {
            CHECK(consumed->index == l1);
            CHECK(ledger.entry_of_l1_operation(l1++) == i);
        }
        auto chunk = ledger.chunk_of_entry(i);
        if (!chunk) continue;
        auto record = ledger.chunk(*chunk);
        CHECK((record->first_entry <= i && i < record->first_entry + record->entry_count));
    }
    CHECK(position == summary.op_count);
    CHECK(l1 == summary.l1_ops_consumed);
    for (uint32_t at = 0; at < summary.withdrawal_count; ++at) {
        auto record = ledger.withdrawal(at);
        REQUIRE(record.has_value());
        auto listed = ledger.withdrawals_to(record->withdrawal.recipient, at, 1);
        CHECK(listed == std::vector<WithdrawalRecord>{*record});
        if (at >= summary.fields.withdrawal_count) continue;
        auto proof = ledger.withdrawal_proof(at, summary.fields.withdrawal_count);
        REQUIRE(proof.has_value());
        CHECK(proof->holds_in(summary.fields));
    }
}

World::World(uint64_t seed, size_t users) : domain{31337, {}}, random(seed) {
    domain.rollup.bytes.fill(0x11);
    separator = domain.separator();
    for (size_t i = 0; i < users; ++i) keys.push_back(PrivateKey::derived("ledger test " + std::to_string(i)));
    tokens.resize(2);
    tokens[1].bytes.fill(0x77);
    for (size_t i = 0; i < users; ++i) terms.push_back({address(i), address(payee(i)), Amount{100 + i}, 5'000 + i, i});
}

const PrivateKey& World::key_of(const Address& owner) const {
    for (const PrivateKey& key : keys) {
        if (key.address() == owner) return key;
    }
    FAIL("nobody's address");
    return keys[0];
}

L1Operation World::deposit(size_t user, const Address& token, u128 amount) {
    return {L1OperationKind::kDeposit, address(user), address(user), token, Amount{amount}, 100 + queue.size()};
}

Operation World::transfer(const OpenLedger& ledger, size_t from, const Address& token, const Address& to, u128 amount, u128 fee) {
    Operation out;
    out.token = token;
    out.payments.push_back({to, Amount{amount}});
    out.fee = Amount{fee};
    if (auto at = ledger.newest_account({address(from), token})) out.nonce = at->account.nonce;
    return out;
}

Operation World::fund_channel(const OpenLedger& ledger, size_t payer, const Address& token, u128 amount, u128 fee) {
    Operation out = transfer(ledger, payer, token, channel(payer), amount, fee);
    out.kind = OperationKind::kFund;
    out.channel.terms = terms[payer];
    return out;
}

Operation World::redeem(const OpenLedger& ledger, size_t payer, const Address& token, uint64_t count, bool close, u128 fee) {
    Operation out{OperationKind::kRedeem, token, {}, Amount{fee}, 0, {}, {terms[payer], channel(payer), count, count > 0, close}};
    auto leaf = ledger.newest_account({channel(payer), token});
    if (leaf && is_marked(leaf->account)) out.nonce = claimed_units(leaf->account);
    return out;
}

L1Operation World::forced_redeem(size_t payer, const Address& token, uint64_t count) {
    const ChannelTerms& its = terms[payer];
    return {L1OperationKind::kRedeem, channel(payer), its.payee, token, its.unit, 100 + queue.size(), count};
}

L1Operation World::reclaim(size_t payer, const Address& token) {
    return {L1OperationKind::kReclaim, channel(payer), address(payer), token, {}, 100 + queue.size()};
}

CheckedOperation World::checked(const Operation& operation, size_t user) const {
    std::optional<Signature> voucher;
    if (operation.channel.take) voucher = key_of(operation.channel.terms.payer).sign(voucher_of(operation).digest(separator));
    return with_names(operation, address(user), sign(operation, user), separator, voucher);
}

Outcome World::submit(OpenLedger& ledger, size_t user, const Operation& operation, OperationReceipt* receipt) {
    const bool is_redeem = operation.kind == OperationKind::kRedeem;
    auto sender = ledger.newest_account({is_redeem ? operation.channel.channel : address(user), operation.token});
    OperationReceipt ignored;
    PostedOperation posted = ledger.posted_form(operation, sender ? sender->index : 0);
    return ledger.open_operation(posted, checked(operation, user), kNowMs, receipt ? *receipt : ignored);
}

FeeLeafLookup World::fee_leaf(const OpenLedger& ledger) const {
    return [this, &ledger](const Address& token) -> std::optional<uint32_t> {
        auto at = ledger.newest_account({address(0), token});
        if (!at) return std::nullopt;
        return at->index;
    };
}

ChunkRecord World::seal(OpenLedger& ledger) const {
    ChunkRecord out;
    REQUIRE(ledger.seal(fee_leaf(ledger), out).ok());
    return out;
}

void World::fund(OpenLedger& ledger) {
    for (size_t user = 0; user < keys.size(); ++user) {
        for (const Address& token : tokens) {
            queue.push_back(deposit(user, token, 1'000'000));
            consume(ledger);
        }
    }
    seal(ledger);
    ledger.flush(node::Durability::kSynced);
}

void World::consume(OpenLedger& ledger) {
    if (ledger.counters().l1_ops_consumed == queue.size()) return;
    if (!ledger.fits_l1_operation()) seal(ledger);
    REQUIRE(ledger.open_l1_operation(queue[ledger.counters().l1_ops_consumed]).ok());
}

Address World::random_recipient() {
    if (below(4) > 0) return address(below(keys.size()));
    Address out;
    out.bytes.fill(static_cast<uint8_t>(1 + below(40)));
    return out;
}

L1Operation World::random_l1_operation() {
    L1Operation out;
    const size_t payer = below(keys.size());
    const Address token = tokens[below(tokens.size())];
    if (below(4) == 0) return below(4) == 0 ? reclaim(payer, token) : forced_redeem(payer, token, 1 + below(200));
    out.kind = static_cast<L1OperationKind>(below(3));
    out.caller = random_recipient();
    out.to = random_recipient();
    out.token = token;
    out.amount = below(4) == 0 ? Amount::max() : Amount{below(300'000)};
    if (out.kind == L1OperationKind::kDeposit) out.amount = Amount{1 + below(50'000)};
    out.time = 100 + queue.size();
    return out;
}

// A fund of his own channel, or a redeem of the one that pays him.
Operation World::random_channel_operation(const OpenLedger& ledger, size_t user) {
    const Address token = tokens[below(tokens.size())];
    if (below(2) == 0) return fund_channel(ledger, user, token, below(10'000), below(3) * 7);
    const size_t payer = (user + keys.size() - 1) % keys.size();
    const bool close = below(12) == 0, take = !close || below(2) == 0;
    Operation out = redeem(ledger, payer, token, 0, close);
    if (take) out.channel.count = 1 + out.nonce + below(30);
    if (take) out.fee = Amount{below(3) * 7};
    out.channel.take = take;
    if (below(8) == 0) out.nonce += 1 + below(3);    // wrong
    if (below(8) == 0) out.channel.terms.salt += 1;  // wrong
    return out;
}

Operation World::random_operation(const OpenLedger& ledger, size_t user) {
    if (below(4) == 0) return random_channel_operation(ledger, user);
    Operation out = transfer(ledger, user, tokens[below(tokens.size())], random_recipient(), below(20'000), below(3) * 7);
    switch (below(4)) {
        case 0: out.kind = OperationKind::kWithdraw; break;
        case 1:
            out.kind = OperationKind::kPayout;
            for (uint64_t more = below(6); more > 0; --more) out.payments.push_back({random_recipient(), Amount{below(5'000)}});
            break;
        default: break;
    }
    if (out.kind != OperationKind::kWithdraw && below(5) == 0) out.memo.bytes.fill(0x5a);
    if (below(8) == 0) out.nonce += 1 + below(3);                             // wrong
    if (below(8) == 0) out.payments.front().amount = Amount{u128{1} << 100};  // wrong
    return out;
}

void World::random_step(OpenLedger& ledger) {
    switch (below(10)) {
        case 0: seal(ledger); break;
        case 1: ledger.flush(below(2) == 0 ? node::Durability::kSynced : node::Durability::kBuffered); break;
        case 2:
            queue.push_back(random_l1_operation());
            consume(ledger);
            break;
        default: {
            size_t user = below(keys.size());
            Operation operation = random_operation(ledger, user);
            Outcome outcome = submit(ledger, user, operation);
            if (outcome != Outcome::wrong(Refusal::kOverWeight)) break;
            seal(ledger);
            CHECK(submit(ledger, user, operation) != Outcome::wrong(Refusal::kOverWeight));
        }
    }
}

std::unique_ptr<OpenLedger> open(node::Store& store, const World& world, uint32_t turns) {
    return std::make_unique<OpenLedger>(store, world.domain, turns);
}

std::vector<ChunkRecord> chunks_of(OpenLedger& ledger) {
    ledger.flush(node::Durability::kSynced);
    std::vector<ChunkRecord> out;
    for (uint64_t number = 0; number < ledger.chunk_count(); ++number) out.push_back(*ledger.chunk(number));
    return out;
}

void apply_all(OpenLedger& ledger, const World& world, const std::vector<ChunkRecord>& chunks, size_t first) {
    ListEnv env = world.env();
    for (size_t i = first; i < chunks.size(); ++i) {
        Ledger::Applied applied = ledger.apply_chunk({chunks[i].ops, chunks[i].sigs}, env, chunks[i].after.hash(), World::kNowMs);
        REQUIRE(applied.outcome.ok());
        REQUIRE(applied.kept);
        CHECK(applied.after == chunks[i].after);
    }
    ledger.flush(node::Durability::kSynced);
}

}  // namespace gavel::ledger_test
