// The parts of the command `gavel` that need no daemon: amounts, tables, keystore, corpora, synthetic payments.
#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <rapidcheck.h>
#include <set>

#include "cli/load_plan.hpp"
#include "cli/rollup_facts.hpp"
#include "cli/session.hpp"
#include "cli/table.hpp"
#include "cli/units.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/support/vectors.hpp"
#include "workload/corpus.hpp"
#include "workload/synthetic.hpp"

using namespace gavel;
using namespace gavel::cli;
using namespace gavel::workload;
using gavel::test::TempDir;
using nlohmann::json;

namespace {

const std::string kUnits = "address/ethers-io__ethers.js/testcases/units.json.gz";

std::string units_reason(std::string_view text, unsigned decimals = kEtherDecimals) {
    return parse_units(text, decimals).status().reason;
}

std::string write_text(const TempDir& dir, const std::string& name, const std::string& text) {
    std::ofstream(dir.file(name), std::ios::binary) << text;
    return dir.file(name);
}

const std::string kAlice = "0x1111111111111111111111111111111111111111";
const std::string kBob = "0x2222222222222222222222222222222222222222";
const std::string kToken = "0x3333333333333333333333333333333333333333";
const std::string kZero = "0x0000000000000000000000000000000000000000";
const std::string kMaxAmount = "340282366920938463463374607431768211455";

}  // namespace

TEST_CASE("amounts are read in the token's units") {
    CHECK(to_string(*parse_units("1.5", 18)) == "1500000000000000000");
    CHECK(to_string(*parse_units("0.000001", 6)) == "1");
    CHECK(to_string(*parse_units("7", 0)) == "7");
    CHECK(to_string(*parse_units("1.50", 6)) == "1500000");
    CHECK(to_string(*parse_units("340282366920938463463.374607431768211455", 18)) == kMaxAmount);
    CHECK(units_reason("340282366920938463463.374607431768211456") == "AMOUNT_TOO_LARGE");
    CHECK(units_reason("1.5", 0) == "AMOUNT_TOO_PRECISE");
    CHECK(units_reason("0.0000001", 6) == "AMOUNT_TOO_PRECISE");
    CHECK(units_reason("1.500", 2) == "AMOUNT_TOO_PRECISE");
    for (const char* bad : {"", ".", "1.", ".5", "-1", "+1", "1e18", "1,5", "0x10", " 1", "1 ", "1.2.3", "\xd9\xa1"}) {
        INFO(bad);
        CHECK(units_reason(bad) == "AMOUNT_INVALID");
    }
}

TEST_CASE("an amount is written as it is read") {
    CHECK(format_units(Amount{1'500'000}, 6) == "1.5");
    CHECK(format_units(Amount{}, 18) == "0");
    CHECK(format_units(Amount{1}, 18) == "0.000000000000000001");
    CHECK(format_units(Amount{1'000}, 0) == "1000");
    CHECK(rc::check("parse_units(format_units(x)) == x", [](uint64_t high, uint64_t low) {
        const Amount amount{u128{high} << 64 | low};
        const unsigned decimals = *rc::gen::inRange(0u, kMaxDecimals + 1);
        auto back = parse_units(format_units(amount, decimals), decimals);
        RC_ASSERT(back.ok());
        RC_ASSERT(*back == amount);
    }));
}

TEST_CASE("ether amounts of published vectors are read as there") {
    auto text = test::vector_file(kUnits);
    if (!text) return;
    unsigned checked = 0;
    for (const json& item : json::parse(*text)) {
        if (!item.contains("ether") || !item.contains("wei")) continue;
        auto wei = amount_from_string(item["wei"].get<std::string>());
        const std::string ether = item["ether"];
        if (!wei || ether.find_first_not_of("0123456789.") != std::string::npos) continue;
        INFO(item["name"]);
        auto read = parse_units(ether, kEtherDecimals);
        if (!read) continue;
        CHECK(*read == *wei);
        ++checked;
    }
    CHECK(checked > 10);
}

TEST_CASE("a table aligns its columns and keeps each row on a line") {
    Table table({{"NAME"}, {"AMOUNT", true}});
    table.add({"a", "1"});
    table.add({"b\nc", "1000"});
    CHECK(table.text() == "NAME  AMOUNT\na          1\nb?c     1000\n");
    CHECK(facts({{"x", "1"}, {"long", "2"}}) == "x     1\nlong  2\n");
    CHECK(format_time(0) == "-");
    CHECK(format_time(1'700'000'000) == "2023-11-14 22:13:20 UTC");
    CHECK(grouped(1'234'567) == "1,234,567");
    CHECK(grouped(123) == "123");
}

TEST_CASE("times are told with how far away they are") {
    CHECK(format_span(0) == "0 s");
    CHECK(format_span(59) == "59 s");
    CHECK(format_span(61) == "1 min");
    CHECK(format_span(3'600) == "1 h");
    CHECK(format_span(2 * 3'600 + 20 * 60 + 5) == "2 h 20 min");
    CHECK(format_span(15 * 86'400 + 3'599) == "15 d");
    CHECK(format_span(7 * 86'400 + 3 * 3'600) == "7 d 3 h");
    CHECK(format_when(1'700'000'000, 1'700'000'000 - 90) == "2023-11-14 22:13:20 UTC (in 1 min)");
    CHECK(format_when(1'700'000'000, 1'700'000'000 + 7'200) == "2023-11-14 22:13:20 UTC (2 h ago)");
    CHECK(format_when(1'700'000'000, 1'700'000'000) == "2023-11-14 22:13:20 UTC (now)");
}

TEST_CASE("when an L1 operation is overdue, and when a freeze is possible") {
    RollupFacts facts;
    facts.parameters.challenge_window = 100;
    facts.parameters.inclusion_window = 50;
    facts.parameters.freeze_age = 1'000;
    facts.now = 2'000;
    CHECK_FALSE(facts.overdue_at(1'900));  // nobody sits
    CHECK_FALSE(facts.freeze_at());        // nothing waits
    facts.term = 3;
    facts.seat.started_at = 1'500;
    CHECK(facts.overdue_at(1'900) == 1'950);
    CHECK(facts.overdue_at(1'400) == 1'550);
    facts.last_strike = 1'990;
    CHECK(facts.overdue_at(1'900) == 2'040);
    facts.queue_length = 9;
    facts.waiting = {7, 1'400};
    CHECK(facts.waiting_count() == 2);
    CHECK_FALSE(facts.overdue_since());
    CHECK(facts.freeze_at() == 2'400);
    facts.now = 2'040;
    CHECK(facts.overdue_since() == 2'040);
    facts.frozen = true;
    CHECK_FALSE(facts.overdue_since());
}

TEST_CASE("a refusal of the contract says what it waits for") {
    RollupFacts facts;
    facts.parameters.inclusion_window = 50;
    facts.parameters.freeze_age = 1'000;
    facts.now = 1'700'000'000;
    auto told = [&](const char* reason) { return explained({node::Code::kAborted, reason, "revert", "raw"}, facts); };
    CHECK(told("FreezeTooEarly").message.find("no L1 operation waits") == 0);
    CHECK(told("NotOverdue").message.find("no L1 operation waits") == 0);
    facts.term = 1;
    facts.waiting = {4, facts.now - 940};
    facts.queue_length = 5;
    facts.last_strike = facts.now - 45;
    CHECK(told("FreezeTooEarly").reason == "FreezeTooEarly");
    CHECK(told("FreezeTooEarly").message ==
          "L1 operation 4 waits since 2023-11-14 21:57:40 UTC (15 min ago); a freeze is possible at 2023-11-14 22:14:20 UTC "
          "(in 1 min)");
    CHECK(told("NotOverdue").message ==
          "L1 operation 4 is overdue at 2023-11-14 22:13:25 UTC (in 5 s); nobody can be evicted before");
    CHECK(told("RestTooEarly").message == "the channel's payee may still come for what the payer owes");
    CHECK(told("SomethingElse").message == "raw");
    CHECK(explained({node::Code::kUnavailable, "NotOverdue", "", "raw"}, facts).message == "raw");
}

TEST_CASE("CSV fields are read as they are quoted, and a quote that doesn't end is refused") {
    std::vector<std::string> fields;
    REQUIRE(split_csv("a,,\"b,\"\"c\"\"\",", fields));
    CHECK(fields == std::vector<std::string>{"a", "", "b,\"c\"", ""});
    REQUIRE(split_csv("", fields));
    CHECK(fields == std::vector<std::string>{""});
    CHECK_FALSE(split_csv("\"a", fields));
    CHECK_FALSE(split_csv("\"a\"b", fields));
}

TEST_CASE("a corpus's columns are found by name, and each skipped row has its reason") {
    TempDir dir;
    const std::string path = write_text(dir, "c.csv",
                                        "row,to,from,value_wei,token,amount\n"
                                        "1," +
                                            kBob + "," + kAlice +
                                            ",5,,\r\n"
                                            "2," +
                                            kBob + "," + kAlice + ",7," + kToken + "," + kMaxAmount +
                                            "\n"
                                            "3," +
                                            kBob + "," + kAlice +
                                            ",0,,\n"
                                            "4," +
                                            kZero + "," + kAlice +
                                            ",5,,\n"
                                            "5," +
                                            kBob + "," + kAlice + ",0," + kToken +
                                            ",340282366920938463463374607431768211456\n"
                                            "6,," +
                                            kAlice +
                                            ",5,,\n"
                                            "7," +
                                            kBob +
                                            ",0x12,5,,\n"
                                            "8," +
                                            kBob + "," + kAlice +
                                            ",x,,\n"
                                            "9," +
                                            kBob +
                                            "\n"
                                            "10," +
                                            kAlice + "," + kAlice + ",1,,");
    auto corpus = read_corpus(path, 0);
    REQUIRE(corpus.ok());
    CHECK(corpus->rows == 10);
    REQUIRE(corpus->payments.size() == 3);
    CHECK(corpus->payments[0].row == 1);
    CHECK(corpus->payments[0].token.is_zero());
    CHECK(corpus->payments[0].amount == Amount{5});
    CHECK(to_hex(corpus->payments[0].from) == kAlice);
    CHECK(corpus->payments[1].amount == Amount::max());
    CHECK(to_hex(corpus->payments[1].token) == kToken);
    CHECK(corpus->payments[2].row == 10);
    CHECK(corpus->skipped == std::map<std::string, uint64_t>{{"amount of zero", 1},
                                                             {"zero address", 1},
                                                             {"amount of 2^128 or more", 1},
                                                             {"address missing", 1},
                                                             {"address malformed", 1},
                                                             {"amount malformed", 1},
                                                             {"malformed row", 1}});
}

TEST_CASE("a corpus may have other columns, but not fewer or one twice") {
    TempDir dir;
    auto plain = read_corpus(write_text(dir, "a.csv", "from,to,amount\n" + kAlice + "," + kBob + ",3\n"), 0);
    REQUIRE(plain.ok());
    CHECK(plain->payments.at(0).token.is_zero());
    const std::string two_rows = kAlice + "," + kBob + "," + kToken + ",3\n" + kAlice + "," + kBob + ",,4\n";
    auto tokens = read_corpus(write_text(dir, "b.csv", "from,to,token,amount\n" + two_rows), 1);
    REQUIRE(tokens.ok());
    CHECK(tokens->payments.size() == 1);
    CHECK(read_corpus(write_text(dir, "c.csv", "from,to\n"), 0).status().reason == "CORPUS_COLUMNS");
    CHECK(read_corpus(write_text(dir, "d.csv", "from,from,to,amount\n"), 0).status().reason == "CORPUS_COLUMNS");
    CHECK(read_corpus(write_text(dir, "e.csv", "from,to,value_wei,token\n"), 0).status().reason == "CORPUS_COLUMNS");
    CHECK(read_corpus(write_text(dir, "f.csv", ""), 0).status().reason == "CORPUS_COLUMNS");
    CHECK(read_corpus(dir.file("none.csv"), 0).status().reason == "FILE_NOT_FOUND");
    CHECK(read_corpus(dir.path(), 0).status().reason == "FILE_UNREADABLE");
    CHECK(read_corpus(write_text(dir, "g.csv.zst", "no zstd"), 0).status().reason == "FILE_UNREADABLE");
    CHECK(read_corpus(write_text(dir, "h.csv", std::string(2 << 20, 'x')), 0).status().reason == "LINE_TOO_LONG");
}

TEST_CASE("real corpora are read to the last row") {
    const char* folder = std::getenv("GAVEL_CORPORA");
    if (!test::corpus_file("modern-sampled.transfers.csv.zst")) return;
    auto corpus = read_corpus(std::string(folder) + "/modern-sampled.transfers.csv.zst", 0);
    REQUIRE(corpus.ok());
    CHECK(corpus->rows == 11'760);
    CHECK(corpus->payments.size() == 11'686);
    CHECK(corpus->skipped == std::map<std::string, uint64_t>{{"amount of zero", 74}});
    std::set<Address> tokens;
    for (const CorpusPayment& payment : corpus->payments) tokens.insert(payment.token);
    CHECK(tokens.size() == 481);  // ETH among them
}

TEST_CASE("a compressed corpus that is cut is an error, not a shorter corpus") {
    const char* folder = std::getenv("GAVEL_CORPORA");
    if (!test::corpus_file("linea-blocks.transfers.csv.zst")) return;
    std::ifstream in(std::string(folder) + "/linea-blocks.transfers.csv.zst", std::ios::binary);
    const std::string whole((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    TempDir dir;
    auto cut = read_corpus(write_text(dir, "cut.csv.zst", whole.substr(0, whole.size() - 10)), 0);
    CHECK(cut.status().reason == "FILE_UNREADABLE");
}

TEST_CASE("synthetic payments are the same for the same seed, and look like payments") {
    SyntheticOptions options;
    options.payments = 5'000;
    options.accounts = 100;
    options.tokens = 2;
    const Corpus drawn = draw_payments(options);
    CHECK(drawn.payments == draw_payments(options).payments);
    options.seed = 2;
    CHECK(drawn.payments != draw_payments(options).payments);
    CHECK(drawn.rows == 5'000);
    std::map<Address, unsigned> sent;
    std::set<Address> tokens;
    for (const CorpusPayment& payment : drawn.payments) {
        CHECK(payment.from != payment.to);
        CHECK_FALSE(payment.amount.is_zero());
        ++sent[payment.from];
        tokens.insert(payment.token);
    }
    CHECK(tokens.size() == 3);
    unsigned most = 0;
    for (const auto& [address, count] : sent) most = std::max(most, count);
    CHECK(most > 5'000 / 100 * 10);  // the first of Zipf's hundred sends a fifth of all
}

TEST_CASE("a load spreads a token over several where one can't carry it") {
    auto address = [](uint8_t byte) {
        Address out;
        out.bytes.fill(byte);
        return out;
    };
    const Address token = address(9);
    Corpus corpus;
    auto add = [&](uint8_t from, uint8_t to, const Address& of, Amount amount) {
        corpus.payments.push_back({++corpus.rows, address(from), address(to), of, amount, {}, {}, {}});
    };
    const Amount half{u128{1} << 127};
    add(1, 2, token, half);
    add(1, 2, token, Amount{half.value() - 1});  // would leave no room for fees
    add(2, 1, token, Amount{5});
    add(1, 3, Address{}, Amount{7});
    add(1, 3, token, Amount::max());
    add(1, 3, Address{}, Amount{8});
    LoadPlan plan = plan_load(corpus);
    REQUIRE(plan.tokens.size() == 4);
    CHECK(plan.skipped.empty());
    CHECK(plan.payments.size() == 6);
    CHECK(plan.tokens[1].generation == 1);
    CHECK(plan.tokens[3].total == Amount::max());
    CHECK(plan.senders.size() == 2);
    CHECK(plan.addresses[0] == PrivateKey::derived("gavel-load:" + to_hex(address(1))).address());
    CHECK(plan.payments[0].to == load_key(address(2)).address());
    u128 by_generation[4] = {};
    for (const LoadPayment& payment : plan.payments) by_generation[payment.token] += payment.amount.value();
    for (size_t i = 0; i < 4; ++i) CHECK(Amount{by_generation[i]} == plan.tokens[i].total);

    const auto spent = spendings(plan);
    REQUIRE(spent.size() == 5);  // sender 1: two generations, ETH, the third; sender 2: one
    for (LoadToken& one : plan.tokens) one.fee = Amount{1};
    drop_uncoverable(plan);
    CHECK(plan.skipped == std::map<std::string, uint64_t>{{"amount and fee over 2^128-1", 1}});
    CHECK(plan.payments.size() == 5);
    const auto left = spendings(plan);
    REQUIRE(left.size() == 4);
    CHECK(needed(left[3], plan.tokens[left[3].token]) == Amount{17});
}

TEST_CASE("addresses are checked before anything is signed for them") {
    CHECK(parse_address("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "to").ok());
    CHECK(parse_address("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeD", "to").status().reason == "ADDRESS_INVALID");
    CHECK(parse_address(kAlice, "to").ok());
    CHECK(parse_address(kAlice.substr(2), "to").status().reason == "ADDRESS_INVALID");
    CHECK(parse_address("", "to").status().reason == "ADDRESS_INVALID");
}
