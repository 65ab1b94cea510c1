// What docs/protocol.md says of each kind of operation, asked of every row of protocol/kinds/kinds.hpp. A new kind without an
// example here fails.
#include <catch2/catch.hpp>

#include <fstream>
#include <iterator>
#include <set>

#include "protocol/kinds/kinds.hpp"
#include "tests/generator/test_channels.hpp"

using namespace gavel;
using namespace gavel::test;

namespace {

template <class Fixed>
Fixed filled(uint8_t byte) {
    Fixed out;
    out.bytes.fill(byte);
    return out;
}

const Payment kPayment{filled<Address>(0x22), Amount{1000}}, kLargePayment{filled<Address>(0x44), Amount::max()};
const ChannelTerms kTerms{filled<Address>(0x66), filled<Address>(0x77), Amount{10}, 1'800'000'000, 3};

// An operation of each kind, for token 0x1111..., fee 5, nonce 7, memo 0x3333... where there is one, channel 0x5555..., count 99.
struct Example {
    OperationKind kind;
    std::vector<Payment> payments;
    const char* digest;        // by TypedDataEncoder of ethers 6.15.0, for the domain of the page's worked example
    unsigned weight_by_index;  // 0: it can't be
    unsigned weight_by_address;
    const char* weight;  // the page's row
    const char* word;    // in the page's list of code words
};

const std::vector<Example>& examples() {
    static const std::vector<Example> all = {
        {OperationKind::kTransfer,
         {kPayment},
         "0xc48429c6fe1bc0439760b063d2460db84a8bf54e4050360279dcda75c3c2b8f5",
         2,
         3,
         "| transfer to an index / to an address | 2 / 3 |",
         "`0` transfer"},
        {OperationKind::kWithdraw,
         {kPayment},
         "0x38b58930e92cb07bc1d2ebcdb7255ed705ac2212ceecf5872dc39d39560fd5b3",
         0,
         2,
         "| withdrawal | 2 |",
         "`10` withdrawal"},
        {OperationKind::kPayout,
         {kPayment, kLargePayment},
         "0xdbcf97ba79e1e6fcc0cfc9c5b8a73e686f4653648fdc68311cd9f71885155f98",
         3,
         5,
         "| payout | 1, and for each line 1 to an index, 2 to an address |",
         "any other g is a payout"},
        {OperationKind::kFund,
         {kPayment},
         "0x18ff6a2e0e3591101600e8700aa9b9d3baa27ca2c4bc8f8e0e4cc8afeb1b8837",
         3,
         0,
         "| fund | 3 |",
         "g = 123 fund"},
        {OperationKind::kRedeem,
         {kPayment, kPayment},
         "0x261a8a8db17ddb35bbd82bf1babf7c67a97c419780280bc76000a81ddceb3469",
         4,
         5,
         "| redeem, the payee by index / by address | 4 / 5 |",
         "124 redeem"},
    };
    // One for each kind, in order, else every test here fails.
    REQUIRE(all.size() == std::size(kOperationKinds));
    for (size_t i = 0; i < all.size(); ++i) REQUIRE(all[i].kind == kOperationKinds[i].kind);
    return all;
}

Operation operation_of(const Example& example) {
    const Hash memo = traits_of(example.kind).has_memo ? filled<Hash>(0x33) : Hash{};
    Operation out{example.kind, filled<Address>(0x11), example.payments, Amount{5}, 7, memo};
    if (is_of_channel(example.kind)) out.channel.terms = kTerms;
    if (example.kind == OperationKind::kRedeem) out.channel = {kTerms, filled<Address>(0x55), 99, true, true};
    return out;
}

// Sent by leaf 1, to leaves from 2 on or to the addresses.
PostedOperation posted_form(const Example& example, bool by_address) {
    const Operation operation = operation_of(example);
    PostedOperation out{operation.kind, 1, {}, operation.fee, operation.memo};
    for (const Payment& payment : operation.payments) {
        PostedPayment line{{static_cast<uint32_t>(2 + out.payments.size()), std::nullopt}, payment.amount};
        if (by_address) line.to = {0, payment.to};
        out.payments.push_back(line);
    }
    if (example.kind == OperationKind::kFund) return posted_fund(1, kTerms, kPayment.amount, operation.fee);
    if (example.kind == OperationKind::kRedeem)
        return posted_redeem(1, kTerms, by_address ? Recipient{0, kPayment.to} : Recipient{2, {}}, 3, 99, true, operation.fee);
    return out;
}

// Those of an example that there can be.
std::vector<PostedOperation> posted_forms(const Example& example) {
    std::vector<PostedOperation> out;
    if (example.weight_by_index != 0) out.push_back(posted_form(example, false));
    if (example.weight_by_address != 0) out.push_back(posted_form(example, true));
    return out;
}

const std::string& page() {
    static const std::string text = [] {
        std::ifstream in(GAVEL_SOURCE_DIR "/docs/protocol.md");
        return std::string(std::istreambuf_iterator<char>(in), {});
    }();
    REQUIRE(!text.empty());
    return text;
}

bool is_on_page(const std::string& text) { return page().find(text) != std::string::npos; }

}  // namespace

TEST_CASE("each kind's digest is what another implementation of EIP-712 makes of it") {
    const Domain domain{31337, *address_from_string("0x1000000000000000000000000000000000000001")};
    for (const Example& example : examples()) {
        INFO(name_of(example.kind));
        CHECK(to_hex(operation_of(example).digest(domain.separator())) == example.digest);
    }
}

TEST_CASE("a channel's address and a voucher's digest are what another implementation of EIP-712 makes of them") {
    const Hash separator = Domain{31337, *address_from_string("0x1000000000000000000000000000000000000001")}.separator();
    CHECK(to_hex(kTerms.address(separator)) == "0x5964b98c6543a7333007d1da2628e1745cba0b95");
    const Voucher voucher{filled<Address>(0x55), filled<Address>(0x11), 99};
    CHECK(to_hex(voucher.digest(separator)) == "0x0c0403098bfbe08e338d09f81cc4fa4152f8e85062edba07204374f0c7f16e12");
    CHECK(ChannelTerms::decode(kTerms.encode()) == kTerms);
    CHECK(kTerms.encode().size() == ChannelTerms::kSize);
}

TEST_CASE("each kind's type and code word are the page's, and no two have the same name") {
    std::set<std::string> names;
    for (const Example& example : examples()) {
        const OperationTraits& traits = traits_of(example.kind);
        INFO(traits.name);
        CHECK(is_on_page("    " + std::string(traits.type) + "\n"));
        CHECK(is_on_page(example.word));
        std::string word = "`";
        for (unsigned i = traits.word.length; i-- > 0;) word += (traits.word.bits >> i & 1) ? '1' : '0';
        if (traits.head_bits(1) == 0) CHECK(std::string(example.word).starts_with(word + "` " + traits.name));
        else CHECK(is_on_page(word + "` and then gamma g"));
        CHECK(names.insert(traits.name).second);
    }
}

TEST_CASE("each kind weighs what the page says") {
    for (const Example& example : examples()) {
        INFO(name_of(example.kind));
        CHECK(is_on_page("\n" + std::string(example.weight) + "\n"));
        if (example.weight_by_index != 0) CHECK(posted_form(example, false).weight() == example.weight_by_index);
        if (example.weight_by_address != 0) CHECK(posted_form(example, true).weight() == example.weight_by_address);
    }
}

TEST_CASE("each kind is decoded to what was encoded, alone and among all others") {
    Chunk all;
    auto check = [](const Chunk& chunk, size_t kinds_bits) {
        OpsBits bits;
        const Bytes ops = encode_ops(chunk, &bits);
        CHECK(bits.kinds == kinds_bits);
        auto decoded = decode_ops(ops);
        REQUIRE(std::holds_alternative<Chunk>(decoded));
        CHECK(std::get<Chunk>(decoded) == chunk);
        CHECK(std::get<Chunk>(decoded).weight() == chunk.weight());
    };
    size_t all_bits = 0;
    for (const Example& example : examples()) {
        const OperationTraits& traits = traits_of(example.kind);
        INFO(traits.name);
        const size_t bits = traits.word.length + traits.head_bits(static_cast<unsigned>(example.payments.size()));
        for (const PostedOperation& posted : posted_forms(example)) {
            // A chunk of transfers alone has no column of kinds.
            check({0, {posted}, {9}}, example.kind == OperationKind::kTransfer ? 0 : bits);
            all.operations.push_back(posted);
            all_bits += bits;
        }
    }
    check(all, all_bits);
}

namespace {

// A million in leaf 1, person 0's or a channel's; nothing in persons' 1, 2 and 3. A channel is from person 2 to person 1, or to
// person 5, who has no leaf.
StartingState start_for(PostedOperation& posted) {
    StartingState start;
    const bool redeems = posted.kind == OperationKind::kRedeem, is_new = posted.payments[0].to.address.has_value();
    const ChannelTerms terms{person_address(2), person_address(is_new ? 5 : 1), kTerms.unit, kTerms.expiry, kTerms.salt};
    const Address owner = redeems ? terms.address(test_domain().separator()) : person_address(0);
    start.add(owner, token(1), Amount{1'000'000}, redeems ? kChannelMark : 0);
    for (size_t i = 1; i < 4; ++i) start.add(person_address(i), token(1), Amount{});
    if (redeems && is_new) posted.payments[0].to.address = terms.payee;
    if (!redeems)
        for (PostedPayment& payment : posted.payments) payment.amount = Amount{1000};
    return start;
}

}  // namespace

TEST_CASE("each kind is applied with its own signatures: no fewer, no more, nobody else's") {
    for (const Example& example : examples()) {
        for (PostedOperation posted : posted_forms(example)) {
            State state = start_for(posted).build();
            const Hash before = state.commitment();
            const Chunk chunk{0, {posted}, {4}};
            INFO(name_of(example.kind) << (posted.payments[0].to.address ? " by address" : " by index"));

            const Bytes sigs = sign_chunk(state, chunk);
            CHECK(posted.signatures() == traits_of(example.kind).most_signatures);
            REQUIRE(sigs.size() == posted.signatures() * Signature::kSize);
            auto outcome = [&](const Bytes& signatures) {
                StateRunner runner(state);
                ListEnv env(test_domain().separator(), 0, {});
                return apply(env, runner, state.counters, encode_ops(chunk), signatures);
            };
            Bytes fewer(sigs.begin(), sigs.end() - Signature::kSize), more = sigs, others = sigs;
            more.insert(more.end(), Signature::kSize, 1);
            CHECK(outcome(fewer) == Outcome::wrong(Refusal::kSignatureCount));
            CHECK(outcome(more) == Outcome::wrong(Refusal::kSignatureCount));
            const Signature by_another = person(5).sign(filled<Hash>(1));
            for (size_t at = 0; at < sigs.size(); at += Signature::kSize) {
                others = sigs;
                std::copy(by_another.bytes.begin(), by_another.bytes.end(), others.begin() + static_cast<std::ptrdiff_t>(at));
                CHECK(outcome(others) == Outcome::wrong(Refusal::kSignerNotOwner));
            }
            CHECK(state.commitment() == before);
            CHECK(outcome(sigs) == Outcome::applied());
            CHECK(state.counters.op_count == 1);
            const bool closes = posted.channel.close;
            CHECK(state.accounts.at(1)->balance == Amount{closes ? 0 : 1'000'000 - 5 - 1000 * posted.payments.size()});
            CHECK(state.accounts.at(1)->nonce == (closes ? kClosedChannel : 1));
            if (closes) {  // 99 units of 10
                CHECK(state.accounts.at(posted.payments[0].to.address ? 5 : 2)->balance == Amount{990 - 5});
                CHECK(state.accounts.at(3)->balance == Amount{1'000'000 - 990});
            }
            CHECK(state.accounts.at(4)->balance == Amount{5});
            CHECK(state.withdrawals.count() == (traits_of(example.kind).payees == Payees::kL1 ? 1 : 0));
        }
    }
}

TEST_CASE("each kind of L1 operation has the page's number and name, and its entry comes back") {
    std::string kinds = "kind: ";
    for (const L1OperationTraits& traits : kL1OperationKinds) {
        if (traits.kind != kL1OperationKinds[0].kind) kinds += ", ";
        kinds += std::to_string(static_cast<unsigned>(traits.kind)) + " " + traits.name;
        const L1Operation entry{
            traits.kind, filled<Address>(1), filled<Address>(2), filled<Address>(0x11), Amount{1000}, 1'700'000'000, 9};
        CHECK(L1Operation::decode(entry.encode()) == entry);
    }
    CHECK(is_on_page("\n    " + kinds + "\n"));
    Bytes unknown = L1Operation{}.encode();
    unknown[0] = static_cast<uint8_t>(std::size(kL1OperationKinds));
    CHECK(L1Operation::decode(unknown) == std::nullopt);
}

TEST_CASE("an L1 operation takes from its caller and credits its payee as its row says") {
    for (const L1OperationTraits& traits : kL1OperationKinds) {
        INFO(traits.name);
        StartingState start;
        const bool is_channels = traits.kind == L1OperationKind::kRedeem || traits.kind == L1OperationKind::kReclaim;
        start.add(person_address(0), token(1), Amount{5000}, is_channels ? kChannelMark : 0);
        start.add(person_address(1), token(1), Amount{});
        State state = start.build();
        StateRunner runner(state);
        const L1Operation entry{traits.kind, person_address(0), person_address(1), token(1), Amount{1000}, 1, 1};
        const Amount moved{traits.kind == L1OperationKind::kReclaim ? 5000u : 1000u};
        bool took_effect = false;
        CHECK(apply_l1_operation(runner, entry, &took_effect) == Outcome::applied());
        CHECK(took_effect);
        CHECK(state.accounts.at(1)->balance == (traits.debits_caller ? *Amount{5000}.minus(moved) : Amount{5000}));
        CHECK(state.accounts.at(2)->balance == (traits.payees == Payees::kLeaves ? moved : Amount{}));
        CHECK(state.withdrawals.count() == (traits.payees == Payees::kL1 ? 1 : 0));

        // Without the caller's leaf only what takes nothing from him has an effect.
        L1Operation from_nobody = entry;
        from_nobody.caller = stranger(1);
        CHECK(apply_l1_operation(runner, from_nobody, &took_effect) == Outcome::applied());
        CHECK(took_effect == !traits.debits_caller);
    }
}
