// The compression benchmark measures what it says: each form decodes to its payments, totals are the calldata's, gas is the
// chain's.
#include "bench/compression_blobs.hpp"

#include <fstream>

#include "bench/entropy.hpp"
#include "bench/forms/span_batch.hpp"
#include "bench/own_l1.hpp"
#include "l1-bridge/chain/gas_schedule.hpp"
#include "protocol/encoding.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/support/vectors.hpp"

using namespace gavel;
using namespace gavel::bench;
using test::vector_file;

namespace {

std::vector<std::unique_ptr<Form>> all_forms() {
    auto out = other_forms();
    out.push_back(std::make_unique<GavelForm>());
    return out;
}

std::vector<BenchPayment> said_by(const Form& form, Payments payments) {
    std::vector<BenchPayment> out;
    for (const BenchPayment& payment : payments) {
        if (form.carries(payment)) out.push_back(payment);
    }
    return out;
}

}  // namespace

TEST_CASE("each form gives back its payments under each compressor, and no others") {
    PaymentSet set = synthetic_payments(400, 7);
    for (const auto& form : all_forms()) {
        std::vector<BenchPayment> said = said_by(*form, set.payments);
        REQUIRE(said.size() > 300);
        for (const auto& compressor : {plain(), zlib_best(), brotli(10), brotli(11), zstd(3), zstd(19)}) {
            INFO(form->name() << ", " << compressor->name());
            Posted posted = form->post(said, *compressor);
            CHECK(form->holds(posted, *compressor, said));
            // Fewer, more, others.
            CHECK_FALSE(form->holds(posted, *compressor, Payments(said).first(said.size() - 1)));
            CHECK_FALSE(form->holds(form->post(Payments(said).first(said.size() - 1), *compressor), *compressor, said));
            std::vector<BenchPayment> other = said;
            std::swap(other[100], other[101]);
            CHECK_FALSE(form->holds(posted, *compressor, other));
            other = said;
            other[200] = set.payments[200];
            other[200].amount = Amount{said[200].amount.value() + 10'000};
            other[200].tx.value += 10'000;
            other[200].tx.r.bytes[5] ^= 1;
            other[200].operation.payments[0].amount = other[200].amount;
            CHECK_FALSE(form->holds(posted, *compressor, other));
        }
    }
}

TEST_CASE("posted bytes that are damaged aren't taken for the payments") {
    PaymentSet set = synthetic_payments(120, 3);
    for (const auto& form : all_forms()) {
        std::vector<BenchPayment> said = said_by(*form, set.payments);
        Posted posted = form->post(said, *plain());
        INFO(form->name());
        size_t taken = 0, tried = 0;
        for (size_t at = 0; at < posted.calldata[0].size(); at += 97) {
            Posted damaged = posted;
            damaged.calldata[0][at] ^= 0x55;
            ++tried;
            taken += form->holds(damaged, *plain(), said);
            damaged.calldata[0].resize(at);
            (void)form->holds(damaged, *plain(), said);  // and nothing goes wrong on the way
        }
        // What a form posts beside its payments (roots, block hashes, times) may be anything.
        CHECK(taken * 2 < tried);
    }
}

TEST_CASE("a dictionary is needed to unpack, and saves") {
    PaymentSet set = synthetic_payments(2'000, 5);
    auto form = rlp_form();
    std::vector<Bytes> samples;
    for (size_t at = 0; at < 1'000; at += 10)
        samples.push_back(form->post(Payments(set.payments).subspan(at, 10), *plain()).calldata[0]);
    Bytes dictionary = train_dictionary(samples);
    REQUIRE_FALSE(dictionary.empty());
    auto with = zstd_with(19, dictionary);
    Payments some = Payments(set.payments).subspan(1'000, 20);
    Posted posted = form->post(some, *with);
    CHECK(form->holds(posted, *with, some));
    CHECK_FALSE(form->holds(posted, *zstd(19), some));
    CHECK(posted.calldata[0].size() < form->post(some, *zstd(19)).calldata[0].size());
}

TEST_CASE("Gavel's bytes by what they say add up to the calldata, to the byte") {
    PaymentSet set = synthetic_payments(4'500, 1);
    for (double share : {0.0, 0.3}) {
        for (unsigned lines : {0u, 60u}) {
            GavelForm::Options options;
            options.payout_lines = lines;
            GavelForm form(options);
            std::vector<BenchPayment> payments =
                lines ? as_payouts(set.payments, lines) : with_new_recipients(set.payments, share);
            GavelBytes bytes;
            std::vector<Batch> batches = form.batches(payments, &bytes);
            Posted posted = form.post(payments, *plain());
            REQUIRE(posted.calldata.size() == batches.size());
            size_t calldata = 0, ops = 0, sigs = 0;
            for (const Bytes& data : posted.calldata) {
                calldata += data.size();
                CHECK(data.size() + 200 <= 131'072);
            }
            for (const Batch& batch : batches) {
                for (const BatchChunk& chunk : batch.chunks) {
                    ops += chunk.ops.size();
                    sigs += chunk.sigs.size();
                }
            }
            CHECK(bytes.total() == double(calldata));
            CHECK(bytes.ops() == double(ops));
            CHECK(bytes.signatures == double(sigs));
            CHECK(posted.signature_bytes == sigs);
            CHECK(form.holds(posted, *plain(), payments));
            if (share > 0 && lines == 0) CHECK(bytes.recipients > 20 * share * double(payments.size()) - 20);
            if (lines > 0) CHECK(bytes.signatures < double(64 * payments.size() / 50));
        }
    }
}

TEST_CASE("the gas column is what the simulated chain charges") {
    PaymentSet set = synthetic_payments(4'000, 2);
    GavelForm form;
    FormRow row = row_of("", form, *plain());
    measure(row, form, *plain(), set.payments, 4'000);
    Posted posted = form.post(set.payments, *plain());
    REQUIRE(posted.calldata.size() == 3);
    OwnL1 l1;
    uint64_t charged = 0;
    for (const Bytes& data : posted.calldata) charged += l1.append(data);
    CHECK(row.gas == charged);
    CHECK(row.gas == calldata_gas(posted.calldata));  // batches this full: the calldata's floor alone

    // Any other form is calldata to an account; and a small batch of Gavel's is more than its calldata.
    auto rlp = rlp_form();
    Posted other = rlp->post(Payments(set.payments).first(100), *plain());
    CHECK(l1.run(l1.bank, Address::from(Bytes(20, 0x77)), other.calldata[0]).gas_used == calldata_gas(other.calldata));
    FormRow small = row_of("", form, *plain());
    measure(small, form, *plain(), Payments(set.payments).first(10), 10);
    CHECK(small.gas > calldata_gas(form.post(Payments(set.payments).first(10), *plain()).calldata));
}

TEST_CASE("in blobs bytes add up to the blobs', gas is the chain's, and a batch is as full as its blobs allow") {
    const PaymentSet set = synthetic_payments(2'000, 4);  // 46 chunks or more
    const BlobFigures one = measure_in_blobs("", set.payments, 1);
    CHECK(one.all.payments == 2'000);
    CHECK(one.batches == 2);
    CHECK(one.blobs == 2);
    CHECK(one.chunks == GavelForm().chunks(set.payments).size());
    CHECK(one.all.blob_gas == 2 * 131'072);
    CHECK(one.full.blob_gas == 131'072);  // the first alone has 32 chunks
    CHECK(one.full.payments < 2'000);
    CHECK(one.full.payments > 32 * 40);
    // A record of its own each: the first is dearer by the slot of the head.
    CHECK(one.all.gas > 2 * 80'000);
    CHECK(one.all.gas < 2 * 120'000);
    const GavelBytes& said = one.said;
    CHECK(said.signatures == 64.0 * 2'000);
    CHECK(said.commitments == 32.0 * double(one.chunks));
    CHECK(said.total() - said.batch_header + one.empty_in_slots + one.empty_slots + one.top_bytes == 2.0 * kBlobBytes);
    CHECK(said.batch_header == double(one.calldata));
    CHECK(one.calldata == 2 * l1::rollup_call::append_blobs(Bytes(8 + 195 + 32 + 2 + 88)).size());

    const BlobFigures three = measure_in_blobs("", set.payments, 3);
    CHECK(three.batches == 1);
    CHECK(three.blobs == 2);  // no more than its chunks need
    CHECK(three.full.payments == 0);
    CHECK(three.all.gas < one.all.gas);
    CHECK(three.said.ops() == one.said.ops());
    // Each batch by itself, 100 payments in a blob.
    const BlobFigures small = measure_in_blobs("", Payments(set.payments).first(300), 3, 100);
    CHECK(small.batches == 3);
    CHECK(small.blobs == 3);
    CHECK(small.share_used() < 0.1);
    CHECK(small.all.gas_each(10) > 10 * three.all.gas_each(10));
}

TEST_CASE("chunks are cut where a slot is full, though they weigh less than they may") {
    PaymentSet set = synthetic_payments(100, 6);
    for (BenchPayment& payment : set.payments) payment.operation.memo = keccak256(view_of(to_string(payment.amount)));
    const GavelForm gavel;
    const std::vector<CutChunk> chunks = gavel.chunks(set.payments);
    CHECK(chunks.size() == 3);  // 47 or fewer would be light enough; with memos of 32 bytes 36 or so fill a slot
    for (const CutChunk& chunk : chunks) CHECK(fits_slot(chunk.ops.size(), chunk.sigs.size()));
    CHECK(chunks[0].ops.size() + chunks[0].sigs.size() > kSlotRoom - 200);
    const BlobFigures posted = measure_in_blobs("", set.payments);
    CHECK(posted.all.payments == 100);
    CHECK(posted.said.memos > 3'000);
}

TEST_CASE("a corpus's transaction is what its chain has, or is refused") {
    auto text = test::corpus_file("modern-runs.transfers.csv.zst");
    if (!text) return;
    const std::string path = std::string(std::getenv("GAVEL_CORPORA")) + "/modern-runs.transfers.csv.zst";
    auto set = load_payments("modern-runs", path, 500);  // checks hash and sender of each
    REQUIRE(set.ok());
    CHECK(set->has_real_transactions);
    CHECK(set->payments.size() == 500);
    CHECK(set->skipped.size() > 0);

    // And one whose amount is another isn't.
    test::TempDir dir;
    std::istringstream lines(*text);
    std::string titles, row;
    std::getline(lines, titles);
    std::getline(lines, row);
    const std::string amount = "122890204320276157";
    REQUIRE(row.find(amount) != std::string::npos);
    row.replace(row.find(amount), 1, "2");
    std::ofstream(dir.file("wrong.csv")) << titles << "\n" << row << "\n";
    CHECK(load_payments("wrong", dir.file("wrong.csv"), 0).status().reason == "CORPUS_TRANSACTION");
}

TEST_CASE("span batches of an OP chain are read and written as they are") {
    auto hex = vector_file("spanbatch/op-rs__kona/crates/protocol/derive/testdata/batch.hex");
    auto raw = vector_file("spanbatch/op-rs__kona/crates/protocol/derive/testdata/raw_batcher_tx.hex");
    if (!hex || !raw) return;
    auto same_again = [](ByteView channel, uint64_t chain_id, size_t least) {
        auto plain = zlib_best()->unpack(channel);
        REQUIRE(plain.has_value());
        l1::RlpReader in(*plain);
        ByteView bytes = in.string();
        auto batch = decode_span_batch(bytes, chain_id);
        REQUIRE(batch.has_value());
        CHECK(batch->txs.size() > least);
        CHECK(batch->block_tx_counts.size() == batch->origin_bits.size());
        const bool same = batch->encode() == to_bytes(bytes);  // a megabyte: not to be printed
        CHECK(same);
        // Its signatures are of somebody: the fields are where they belong.
        size_t recovered = 0;
        for (const EthereumTx& tx : batch->txs) recovered += tx.sender().has_value();
        CHECK(recovered == batch->txs.size());
    };
    while (!hex->empty() && std::isspace(hex->back())) hex->pop_back();
    same_again(*from_hex(*hex), 10, 100);

    // The batcher's transaction: a frame in its calldata.
    auto tx = decode_ethereum_tx(view_of(*raw));
    REQUIRE(tx.has_value());
    ByteReader frame(ByteView(tx->data).subspan(1 + 16 + 2));
    ByteView channel = frame.take(frame.u32());
    REQUIRE(frame.ok());
    same_again(channel, 10, 100);
}

TEST_CASE("rANS gives back its bytes, and nothing from others") {
    PaymentSet set = synthetic_payments(1'000, 9);
    std::vector<Bytes> chunks = GavelForm().ops(set.payments);
    ByteTable table = table_of(chunks, true);
    unsigned sum = 0;
    for (uint16_t often : table) sum += often;
    CHECK(sum == 1u << kTableBits);
    for (const Bytes& chunk : chunks) {
        Bytes code = rans_encode(chunk, table);
        CHECK(rans_decode(code, chunk.size(), table) == chunk);
        CHECK(rans_decode(code, chunk.size() + 1, table) != chunk);
        code.push_back(0);
        CHECK_FALSE(rans_decode(code, chunk.size(), table).has_value());
    }
    // Bytes of which few are common become shorter by their entropy: three quarters zeros, 1.06 bits a byte at least.
    Bytes skewed;
    for (size_t i = 0; i < 4'000; ++i) skewed.push_back(i % 4 == 0 ? static_cast<uint8_t>(1 + i % 3) : 0);
    Bytes code = rans_encode(skewed, table_of({skewed}, false));
    CHECK(code.size() > 4'000 * 1.2 / 8);
    CHECK(code.size() < 4'000 * 1.25 / 8);
}

TEST_CASE("a row of a corpus that is no payment is named by line and reason") {
    test::TempDir dir;
    std::ofstream(dir.file("own.csv"))
        << "from,to,amount,fee,memo\n"
        << "0x1111111111111111111111111111111111111111,0x2222222222222222222222222222222222222222,5,,\n\n"
        << "0x1111111111111111111111111111111111111111,0x22,5,,\n"
        << "0x1111111111111111111111111111111111111111,0x2222222222222222222222222222222222222222,7,x,\n"
        << "0x1111111111111111111111111111111111111111,0x2222222222222222222222222222222222222222,9,3,0x" << std::string(64, '7')
        << "\n";
    auto set = load_payments("own", dir.file("own.csv"), 0);
    REQUIRE(set.ok());
    REQUIRE(set->payments.size() == 2);
    CHECK(set->payments[1].operation.fee == Amount{3});
    CHECK(set->payments[1].operation.memo.bytes[0] == 0x77);
    CHECK(set->bad == std::vector<workload::BadRow>{{4, "address malformed"}, {5, "fee malformed"}});
}
