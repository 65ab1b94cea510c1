// KZG commitments and proofs, and the field below them: the consensus specification's cases, and what follows from the
// definitions.
#include <catch2/catch.hpp>
#include <thread>

#include "protocol/polynomial.hpp"
#include "tests/protocol/blob_values.hpp"
#include "tests/protocol/kzg_vectors.hpp"

using namespace gavel;
using namespace gavel::test;

namespace {

std::optional<Blob> blob_in(const KzgCase& one) { return Blob::from(from_hex(one.input.at("blob")).value_or(Bytes{})); }

Element element_of(const std::string& digits) { return fixed_from_hex<Element>(digits).value(); }

}  // namespace

TEST_CASE("commitments are the consensus specification's") {
    size_t refused = 0;
    const auto cases = kzg_cases("blob_to_kzg_commitment");
    for (const KzgCase& one : cases) {
        INFO(one.name);
        const auto blob = blob_in(one);
        const auto got = blob ? Kzg::get().commitment(blob->view()) : std::nullopt;
        REQUIRE(got.has_value() == !one.output.empty());
        if (got) REQUIRE(to_hex(*got) == one.output.at(0));
        refused += !got;
    }
    if (!cases.empty()) REQUIRE((cases.size() == 11 && refused == 4));
}

TEST_CASE("values and their proofs are the consensus specification's") {
    size_t refused = 0;
    const auto cases = kzg_cases("compute_kzg_proof");
    for (const KzgCase& one : cases) {
        INFO(one.name);
        const auto blob = blob_in(one);
        const auto z = one.get<Element>("z");
        const auto got = blob && z ? Kzg::get().evaluate(blob->view(), *z) : std::nullopt;
        REQUIRE(got.has_value() == !one.output.empty());
        refused += !got;
        if (!got) continue;
        REQUIRE(to_hex(got->proof) == one.output.at(0));
        REQUIRE(to_hex(got->value) == one.output.at(1));
        // The same by coefficients.
        REQUIRE(evaluate(coefficients_of(values_of(blob->view()).value()), Fr::from(*z).value()) == *got);
    }
    if (!cases.empty()) REQUIRE((cases.size() == 52 && refused == 10));
}

TEST_CASE("proofs hold if the consensus specification says so") {
    size_t holding = 0;
    const auto cases = kzg_cases("verify_kzg_proof");
    for (const KzgCase& one : cases) {
        INFO(one.name);
        const auto commitment = one.get<KzgCommitment>("commitment");
        const auto z = one.get<Element>("z"), y = one.get<Element>("y");
        const auto proof = one.get<KzgProof>("proof");
        const bool holds = commitment && z && y && proof && Kzg::get().verify(*commitment, *z, {*y, *proof});
        REQUIRE(holds == (one.output == std::vector<std::string>{"true"}));
        holding += holds;
    }
    if (!cases.empty()) REQUIRE((cases.size() == 122 && holding == 54));
}

TEST_CASE("the versioned hash of an empty blob is the known one") {
    const Blob zeros;
    const KzgCommitment commitment = Kzg::get().commitment(zeros.view()).value();
    REQUIRE(to_hex(commitment) == "0xc0" + std::string(94, '0'));
    REQUIRE(to_hex(versioned_hash(commitment)) == "0x010657f37554c781402a22917dee2f75def7ab966d7b770905398eba3c444014");
}

TEST_CASE("an element of the field has one form") {
    const Element one = element_of(std::string(63, '0') + "1");
    REQUIRE(Fr::from(kLast).has_value());
    REQUIRE(Fr::from(kLast)->bytes() == kLast);
    REQUIRE_FALSE(Fr::from(kOrder).has_value());
    REQUIRE_FALSE(Fr::from(plus(kOrder, one)).has_value());
    REQUIRE_FALSE(Fr::from(element_of(std::string(64, 'f'))).has_value());
    REQUIRE(Fr::from(Element{})->is_zero());
    REQUIRE(Fr::reduced(Hash{kOrder.bytes}).is_zero());
    REQUIRE(Fr::reduced(Hash{plus(kOrder, kLast).bytes}).bytes() == kLast);
    // 2^256 - 1 = 2 r + this.
    REQUIRE(to_hex(Fr::reduced(*fixed_from_hex<Hash>(std::string(64, 'f'))).bytes()) ==
            "0x1824b159acc5056f998c4fefecbc4ff55884b7fa0003480200000001fffffffd");
}

TEST_CASE("the field adds and multiplies modulo its order") {
    const Fr one = Fr::of(1), last = Fr::from(kLast).value();
    REQUIRE((last + one).is_zero());
    REQUIRE(Fr{} - one == last);
    REQUIRE(last * last == one);
    REQUIRE(Fr::of(UINT64_MAX) + one == Fr::of(1ull << 32) * Fr::of(1ull << 32));
    REQUIRE(Fr{}.inverse().is_zero());
    REQUIRE(Fr::of(7).pow(0) == one);
    for (uint32_t i = 0; i < 50; ++i) {
        const Fr x = drawn("field", i);
        REQUIRE(x * x.inverse() == one);
        REQUIRE(x.pow(13) == x * x * x * x * x * x * x * x * x * x * x * x * x);
        REQUIRE(Fr::from(x.bytes()) == x);
    }
}

TEST_CASE("a blob's elements are its polynomial's values at the points of its order") {
    const Blob blob = drawn_blob("values");
    const auto values = values_of(blob.view()).value();
    const auto coefficients = coefficients_of(values);
    for (size_t i : {0u, 1u, 2u, 63u, 64u, 128u, 2047u, 2048u, 4095u}) {
        const Fr point = blob_point(i);
        REQUIRE(value_at(coefficients, point) == values[i]);
        // By the library, which finds the point among its own.
        REQUIRE(Kzg::get().evaluate(blob.view(), point.bytes())->value == element_at(blob.view(), i));
    }
    // 7^((r - 1) / 4096)
    REQUIRE(blob_point(0) == Fr::of(1));
    REQUIRE(blob_point(1) == Fr{} - Fr::of(1));
    REQUIRE(to_hex(blob_point(2).bytes()) == "0x00000000000000008d51ccce760304d0ec030002760300000001000000000000");
    REQUIRE(to_hex(blob_point(2048).bytes()) == "0x564c0a11a0f704f4fc3e8acfe0f8245f0ad1347b378fbf96e206da11a5d36306");
}

TEST_CASE("both forms of a polynomial give the same commitment, values and proofs") {
    const Kzg& kzg = Kzg::get();
    const Blob blob = drawn_blob("forms");
    const auto coefficients = coefficients_of(values_of(blob.view()).value());
    const KzgCommitment commitment = kzg.commitment(blob.view()).value();
    REQUIRE(kzg.commitment_to(coefficients) == commitment);
    for (uint32_t i = 0; i < 4; ++i) {
        const Fr z = drawn("z", i);
        const KzgEvaluation got = evaluate(coefficients, z);
        REQUIRE(kzg.evaluate(blob.view(), z.bytes()) == got);
        REQUIRE(kzg.verify(commitment, z.bytes(), got));
        REQUIRE_FALSE(kzg.verify(commitment, z.bytes(), {(value_at(coefficients, z) + Fr::of(1)).bytes(), got.proof}));
        REQUIRE_FALSE(kzg.verify(commitment, z.bytes(), {plus(got.value, kOrder), got.proof}));
        REQUIRE_FALSE(kzg.verify(commitment, drawn("other z").bytes(), got));
    }
}

TEST_CASE("a quotient times its divisor, and what is left over, is the polynomial") {
    std::vector<Fr> p;
    for (uint32_t i = 0; i < 300; ++i) p.push_back(drawn("p", i));
    const Fr c = drawn("c");
    for (size_t n : {1u, 2u, 128u, 150u, 299u, 300u, 301u}) {
        const auto q = quotient_by(p, n, c);
        REQUIRE(q.size() == (n < p.size() ? p.size() - n : 0));
        // p - q (X^n - c) has no term of n or above.
        std::vector<Fr> rest = p;
        for (size_t k = 0; k < q.size(); ++k) {
            rest[k + n] = rest[k + n] - q[k];
            rest[k] = rest[k] + q[k] * c;
        }
        for (size_t k = n; k < rest.size(); ++k) REQUIRE(rest[k].is_zero());
    }
    REQUIRE(Kzg::get().commitment_to({}) == Kzg::get().commitment(Blob{}.view()));
}

TEST_CASE("a blob has proofs of its cells, and no other does") {
    const Kzg& kzg = Kzg::get();
    // The proofs' hashes are another build's of the library, by another name: kzg-wasm.
    const std::pair<Blob, std::string> cases[] = {
        {drawn_blob("blob 0"), "0xed849e14a3ff9da0946a54f36afe23363b78d3bc080077d2f6eaf963df577d71"},
        {flat_blob(kLast), "0xfa272539e04324560ea42594f4b6bbf3b0d5df0a3e65664f402a331c91713c32"}};
    for (const auto& [blob, expected] : cases) {
        const KzgCommitment commitment = kzg.commitment(blob.view()).value();
        CellProofs proofs = kzg.cell_proofs(blob.view()).value();
        Bytes all;
        for (const KzgProof& proof : proofs) append(all, proof);
        REQUIRE(to_hex(keccak256(all)) == expected);
        REQUIRE(kzg.verify_cell_proofs(blob.view(), commitment, proofs));
        REQUIRE_FALSE(kzg.verify_cell_proofs(blob.view(), kzg.commitment(drawn_blob("x").view()).value(), proofs));
        REQUIRE_FALSE(kzg.verify_cell_proofs(drawn_blob("x").view(), commitment, proofs));
        REQUIRE_FALSE(kzg.verify_cell_proofs(blob.view(), KzgCommitment{}, proofs));
        proofs[127] = KzgProof{commitment.bytes};
        REQUIRE_FALSE(kzg.verify_cell_proofs(blob.view(), commitment, proofs));
    }
    REQUIRE_FALSE(kzg.cell_proofs(flat_blob(kOrder).view()).has_value());
    REQUIRE_FALSE(kzg.verify_cell_proofs(flat_blob(kOrder).view(), kzg.commitment(Blob{}.view()).value(), CellProofs{}));
}

TEST_CASE("one element that isn't below the order spoils a blob") {
    for (size_t place : {0u, 1u, 4095u}) {
        std::vector<Element> elements(kBlobElements, kLast);
        elements[place] = kOrder;
        const Blob blob = blob_of(elements);
        REQUIRE_FALSE(Kzg::get().commitment(blob.view()).has_value());
        REQUIRE_FALSE(Kzg::get().evaluate(blob.view(), Element{}).has_value());
        REQUIRE_FALSE(values_of(blob.view()).has_value());
    }
    REQUIRE_FALSE(Kzg::get().evaluate(Blob{}.view(), kOrder).has_value());
}

TEST_CASE("threads that ask at once get the same answers") {
    const Blob blob = drawn_blob("threads");
    const Element z = drawn("z").bytes();
    struct Answer {
        std::optional<KzgCommitment> commitment;
        std::optional<KzgEvaluation> evaluation;
        bool holds = false;
    };
    std::vector<Answer> answers(4);
    std::vector<std::thread> threads;
    for (Answer& answer : answers) {
        threads.emplace_back([&] {
            answer.commitment = Kzg::get().commitment(blob.view());
            answer.evaluation = Kzg::get().evaluate(blob.view(), z);
            answer.holds = Kzg::get().verify(answer.commitment.value(), z, answer.evaluation.value());
        });
    }
    for (std::thread& thread : threads) thread.join();
    for (const Answer& answer : answers) {
        REQUIRE(answer.commitment == answers[0].commitment);
        REQUIRE(answer.evaluation == answers[0].evaluation);
        REQUIRE(answer.holds);
    }
}
