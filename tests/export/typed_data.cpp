#include "protocol/encoding.hpp"
#include "protocol/keccak.hpp"
#include "protocol/keys.hpp"
#include "protocol/kinds/kinds.hpp"
#include "tests/export/export.hpp"
#include "tests/generator/random.hpp"
#include "tests/generator/starting_state.hpp"

namespace gavel::test {
namespace {

template <class Fixed>
Fixed random_bytes(Random& random) {
    Fixed out;
    for (uint8_t& byte : out.bytes) byte = static_cast<uint8_t>(random.next());
    return out;
}

Amount random_amount(Random& random) {
    u128 wide = u128{random.next()} << 64;
    wide |= random.next();
    return Amount{random.chance(10) ? ~u128{0} : random.chance(10) ? 0 : wide >> random.below(128)};
}

Json typed_case(const char* kind, const std::string& what, const Domain& domain, const Hash& digest) {
    return {{"kind", kind},
            {"what", what},
            {"domain", json_of(domain)},
            {"domainSeparator", hex(domain.separator())},
            {"digest", hex(digest)}};
}

void sign(Json& out, const Hash& digest, const PrivateKey& key) {
    out["privateKey"] = hex(key.scalar());
    out["signer"] = hex(key.address());
    out["signature"] = hex(key.sign(digest));
}

void add_terms(Json& out, const ChannelTerms& terms) {
    out["payee"] = hex(terms.payee);
    out["unit"] = decimal(terms.unit);
    out["expiry"] = decimal(terms.expiry);
    out["salt"] = decimal(terms.salt);
}

// What a kind signs beside token and fee.
void add_words(Json& out, const Operation& operation) {
    const ChannelWords& words = operation.channel;
    if (operation.kind == OperationKind::kRedeem) {
        out["channel"] = hex(words.channel);
        out["claimed"] = decimal(operation.nonce);
        out["count"] = decimal(words.count);
        out["take"] = words.take;
        out["close"] = words.close;
        return;
    }
    out["nonce"] = decimal(operation.nonce);
    if (operation.kind == OperationKind::kFund) {
        add_terms(out, words.terms);
        out["amount"] = decimal(operation.payments.at(0).amount);
        return;
    }
    Json payments = Json::array();
    for (const Payment& payment : operation.payments)
        payments.push_back({{"to", hex(payment.to)}, {"amount", decimal(payment.amount)}});
    out["payments"] = payments;
    out["memo"] = hex(operation.memo);
}

Json operation_case(const std::string& what, const Domain& domain, const Operation& operation, const PrivateKey& key) {
    const Hash digest = operation.digest(domain.separator());
    Json out = typed_case("operation", what, domain, digest);
    out["operation"] = name_of(operation.kind);
    out["token"] = hex(operation.token);
    out["fee"] = decimal(operation.fee);
    out["operationHash"] = hex(operation_hash(digest, key.address()));
    add_words(out, operation);
    sign(out, digest, key);
    return out;
}

// The channel's address is the end of the digest.
Json terms_case(const std::string& what, const Domain& domain, const ChannelTerms& terms) {
    ByteWriter words;
    words.raw(keccak256(view_of("Channel(address payer,address payee,uint128 unit,uint64 expiry,uint64 salt)")));
    words.word(terms.payer).word(terms.payee).word(terms.unit.value()).word(u128{terms.expiry}).word(u128{terms.salt});
    Json out = typed_case("terms", what, domain, typed_digest(domain.separator(), keccak256(words.bytes())));
    out["payer"] = hex(terms.payer);
    add_terms(out, terms);
    out["channel"] = hex(terms.address(domain.separator()));
    return out;
}

Json voucher_case(const std::string& what, const Domain& domain, const Voucher& voucher, const PrivateKey& key) {
    const Hash digest = voucher.digest(domain.separator());
    Json out = typed_case("voucher", what, domain, digest);
    out["channel"] = hex(voucher.channel);
    out["token"] = hex(voucher.token);
    out["count"] = decimal(voucher.count);
    sign(out, digest, key);
    return out;
}

uint64_t random_number(Random& random) {
    return random.chance(20) ? ~uint64_t{0} - random.below(2) : random.next() >> random.below(64);
}

ChannelTerms random_terms(Random& random) {
    ChannelTerms out{random_bytes<Address>(random), random_bytes<Address>(random), random_amount(random), 0, 0};
    out.expiry = random_number(random);
    out.salt = random_number(random);
    return out;
}

Operation random_operation(Random& random, OperationKind kind, size_t lines) {
    Operation out;
    out.kind = kind;
    if (random.chance(50)) out.token = random_bytes<Address>(random);
    for (size_t i = 0; i < lines; ++i) {
        Address to = random_bytes<Address>(random);
        out.payments.push_back({to, random_amount(random)});
    }
    out.fee = random_amount(random);
    out.nonce = random_number(random);
    if (traits_of(kind).has_memo && random.chance(60)) out.memo = random_bytes<Hash>(random);
    if (!is_of_channel(kind)) return out;
    ChannelWords& words = out.channel;
    words.terms = random_terms(random);
    if (kind == OperationKind::kFund) return out;
    words.channel = random_bytes<Address>(random);
    words.count = random_number(random);
    words.take = random.chance(50);
    words.close = random.chance(50);
    return out;
}

Json signature_case(const std::string& what, const Hash& digest, const Signature& signature) {
    auto signer = recover(digest, signature);
    return {{"kind", "signature"},
            {"what", what},
            {"digest", hex(digest)},
            {"signature", hex(signature)},
            {"signer", signer ? to_hex(*signer) : "none"}};
}

// A signature of these words, with y's parity in the top bit of the second.
Signature signature_of(const Hash& r, Hash s, bool odd) {
    if (odd) s.bytes[0] |= 0x80;
    Bytes out = to_bytes(r);
    append(out, s);
    return Signature::from(out);
}

Hash word(std::string_view hex) { return *fixed_from_hex<Hash>(hex); }

void add_odd_signatures(Cases& out) {
    const Hash zero, one = word("0000000000000000000000000000000000000000000000000000000000000001");
    const Hash order = word("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141");
    const Hash below_order = word("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364140");
    const Hash half = word("7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0");
    const Hash above_half = word("7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a1");
    const Hash top = word("7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff");
    const Hash field = word("fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f");
    const Hash all = word("ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff");
    // x of the group's generator, whose y is even.
    const Hash generator = word("79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798");
    const Hash digest = keccak256(view_of("words"));
    const Signature good = person(0).sign(digest);
    const Hash r = Hash::from(good);
    Hash s = Hash::from(ByteView{good}.subspan(32));
    const bool odd = s.bytes[0] >> 7;
    s.bytes[0] &= 0x7f;
    auto add = [&](const std::string& what, const Hash& a, const Hash& b, bool parity, const Hash& over) {
        out.push_back(signature_case(what, over, signature_of(a, b, parity)));
    };
    add("as signed", r, s, odd, digest);
    add("the other parity", r, s, !odd, digest);
    add("over another digest", r, s, odd, keccak256(view_of("other words")));
    add("over a digest of zeros", r, s, odd, zero);
    add("over a digest of ones", r, s, odd, all);
    add("over a digest that is the order", r, s, odd, order);
    out.push_back(signature_case("high s", digest, with_s_too_high(good)));
    for (bool parity : {false, true}) {
        add("r zero", zero, s, parity, digest);
        add("s zero", r, zero, parity, digest);
        add("both zero", zero, zero, parity, digest);
        add("r the order", order, s, parity, digest);
        add("r one below the order", below_order, s, parity, digest);
        add("r the field's size", field, s, parity, digest);
        add("r of ones", all, s, parity, digest);
        add("r one", one, s, parity, digest);
        add("s half the order", r, half, parity, digest);
        add("s one above half the order", r, above_half, parity, digest);
        add("s the largest", r, top, parity, digest);
        add("s one", r, one, parity, digest);
        // R = G and s = e: the recovered point is (s R - e G) / r, at infinity with the even y only.
        add("the point at infinity or beside it", generator, half, parity, half);
        add("the point at infinity or beside it, s one", generator, one, parity, one);
    }
    // About half of all x are on the curve.
    for (uint8_t i = 0; i < 24; ++i) {
        Hash x = keccak256(view_of("x " + std::to_string(i)));
        add("an r that may be on the curve, " + std::to_string(i), x, s, i % 2, digest);
    }
    Random random(6);
    for (int i = 0; i < 40; ++i) {
        Hash over = random_bytes<Hash>(random);
        out.push_back(signature_case("random bytes, " + std::to_string(i), over, random_bytes<Signature>(random)));
    }
}

}  // namespace

Cases typed_data_cases() {
    Cases out;
    Random random(5);
    const Domain domains[] = {test_domain(), {1, stranger(7)}, {~uint64_t{0}, token(2)}};
    auto add = [&](OperationKind kind, size_t lines) {
        const Domain& domain = domains[random.below(3)];
        Operation operation = random_operation(random, kind, lines);
        out.push_back(operation_case(std::string(name_of(kind)) + " of " + std::to_string(lines), domain, operation,
                                     person(random.below(kPeople))));
    };
    for (int i = 0; i < 40; ++i) {
        add(OperationKind::kTransfer, 1);
        add(OperationKind::kWithdraw, 1);
    }
    for (int i = 0; i < 40; ++i) {
        add(OperationKind::kFund, 1);
        add(OperationKind::kRedeem, 0);
    }
    for (int i = 0; i < 30; ++i) {
        const std::string number = std::to_string(i);
        out.push_back(terms_case("terms " + number, domains[random.below(3)], random_terms(random)));
        const Voucher voucher{random_bytes<Address>(random), random_bytes<Address>(random), random_number(random)};
        out.push_back(voucher_case("voucher " + number, domains[random.below(3)], voucher, person(random.below(kPeople))));
    }
    for (size_t lines = 1; lines <= kMaxPayoutLines + 1; ++lines) add(OperationKind::kPayout, lines);
    out.push_back(operation_case("all zero", test_domain(), {OperationKind::kTransfer, {}, {{}}, {}, 0, {}}, person(0)));
    // The worked example of docs/protocol.md.
    const Domain example{31337, *address_from_string("0x1000000000000000000000000000000000000001")};
    const Address bob = PrivateKey::derived("bob").address();
    out.push_back(operation_case("the worked example", example,
                                 {OperationKind::kTransfer, {}, {{bob, Amount{250'000'000'000'000'000}}}, {}, 0, {}},
                                 PrivateKey::derived("alice")));
    add_odd_signatures(out);
    return out;
}

}  // namespace gavel::test
