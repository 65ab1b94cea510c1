// Files of payments as spreadsheets write them, and how they become payouts.
#include <catch2/catch.hpp>

#include "cli/pay_file.hpp"
#include "cli/payments.hpp"
#include "cli/session.hpp"
#include "node/file.hpp"
#include "tests/support/temp_dir.hpp"

using namespace gavel;
using namespace gavel::cli;
using gavel::test::TempDir;

namespace {

const std::string kAlice = "0x1111111111111111111111111111111111111111";
const std::string kBob = "0x2222222222222222222222222222222222222222";
const std::string kZero = "0x0000000000000000000000000000000000000000";

// In a token of six decimals.
node::Result<PayFile> read(const std::string& text) {
    TempDir dir;
    REQUIRE(node::write_file(dir.file("pay.csv"), text).ok());
    return read_pay_file(dir.file("pay.csv"), 6);
}

// "1 0x11.. 1500000, 2 0x22.. 1": line, recipient's first digits, amount; or the refusal and its field.
std::string told(const std::string& text) {
    auto file = read(text);
    if (!file) return file.status().reason + " " + file.status().field;
    std::string out;
    for (const FilePayment& one : file->payments) {
        if (!out.empty()) out += ", ";
        out += std::to_string(one.line) + " " + to_hex(one.payment.to).substr(0, 4) + " " + to_string(one.payment.amount);
    }
    return out;
}

}  // namespace

TEST_CASE("lines become payouts that fit a chunk") {
    auto line = [](uint32_t number, bool is_new) {
        PayLine out;
        out.payment.to.bytes[19] = static_cast<uint8_t>(number);
        out.payment.to.bytes[18] = static_cast<uint8_t>(number >> 8);
        out.new_recipient = is_new;
        return out;
    };
    std::vector<PayLine> known, fresh, same;
    for (uint32_t i = 1; i <= 200; ++i) {
        known.push_back(line(i, false));
        fresh.push_back(line(i, true));
        same.push_back(line(7, true));
    }
    auto sizes = [](const std::vector<std::vector<PayLine>>& payouts) {
        std::vector<size_t> out;
        for (const auto& payout : payouts) out.push_back(payout.size());
        return out;
    };
    CHECK(sizes(split_into_payouts(known)) == std::vector<size_t>{94, 94, 12});
    CHECK(sizes(split_into_payouts(fresh)) == std::vector<size_t>{47, 47, 47, 47, 12});
    CHECK(sizes(split_into_payouts(same)) == std::vector<size_t>{93, 94, 13});
    CHECK(split_into_payouts({}).empty());
}

TEST_CASE("a file of payments is taken as spreadsheets write it") {
    const std::string expected = "2 0x11 1500000, 3 0x22 1";
    const std::string rows = kAlice + ",1.5\n" + kBob + ",0.000001\n";
    CHECK(told("to,amount\n" + rows) == expected);
    CHECK(told("\xef\xbb\xbfto,amount\r\n" + kAlice + ",1.5\r\n" + kBob + ",0.000001") == expected);
    CHECK(told("To;Amount\n" + kAlice + ";1.5\n" + kBob + ";0.000001\n") == expected);
    CHECK(told("\xef\xbb\xbf\"Recipient\"\t\"VALUE\"\n" + kAlice + "\t1.5\n\"" + kBob + "\"\t\"0.000001\"\n") == expected);
    CHECK(told("Value , Address\n 1.5 , \"" + kAlice + "\" \n\t0.000001," + kBob + "\xc2\xa0\n") == expected);
    CHECK(told("to,amount,,\n" + kAlice + ",1.5,,\n" + kBob + ",0.000001, ,\n,,,\n") == expected);
    CHECK(told("sep=;\n" + kAlice + ";1.5\n\n ;\n" + kBob + ";2\n") == "2 0x11 1500000, 5 0x22 2000000");
    CHECK(told(",to,,amount\n," + kAlice + ",,1.5\n") == "2 0x11 1500000");
    CHECK(told(rows) == "1 0x11 1500000, 2 0x22 1");
    // What it pays is named alike, however it is written; and by nothing else.
    CHECK(read(rows)->digest() == read("amount;to\n1.500000;" + kAlice + "\n0.000001;" + kBob + "\n")->digest());
    CHECK(read(rows)->digest() != read(kBob + ",0.000001\n" + kAlice + ",1.5\n")->digest());
}

TEST_CASE("nothing is guessed about a file of payments: its faults are told by line") {
    CHECK(told(kAlice + ",1\n" + kBob + ",1.0000001\n") == "PAY_FILE_LINE line 2");
    CHECK(told("to,amount\n" + kAlice + ",1,000.01\n") == "PAY_FILE_LINE line 2");
    CHECK(told("to,amount\n" + kAlice + ",\"1,000.01\"\n") == "PAY_FILE_LINE line 2");
    CHECK(told(kAlice + ";1,5\n") == "PAY_FILE_LINE line 1");
    CHECK(told(kAlice + ";1.000.000\n") == "PAY_FILE_LINE line 1");
    for (const std::string amount : {"1e3", "$5", "5 USD", "-1", "+1", "'5", "1'000", ""}) {
        INFO(amount);
        CHECK(told(kAlice + "," + amount + "\n") == "PAY_FILE_LINE line 1");
    }
    CHECK(told(kAlice + ",1,2\n") == "PAY_FILE_LINE line 1");
    CHECK(told(kAlice + "\n") == "PAY_FILE_LINE line 1");
    CHECK(told(kZero + ",1\n") == "PAY_FILE_LINE line 1");
    CHECK(told("\"" + kAlice + ",1\n") == "PAY_FILE_LINE line 1");
    CHECK(told("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed,1\n") == "1 0x5a 1000000");
    CHECK(told("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeD,1\n") == "PAY_FILE_LINE line 1");
    CHECK(told("to,amount,token\n" + kAlice + ",1,0x1\n") == "PAY_FILE_COLUMNS line 1");
    CHECK(told("to,amount,address\n") == "PAY_FILE_COLUMNS line 1");
    CHECK(told("to,wage\n") == "PAY_FILE_COLUMNS line 1");
    CHECK(told("amount\n") == "PAY_FILE_COLUMNS line 1");
    CHECK(told("to,amount\n") == "PAY_FILE_EMPTY file");
    CHECK(told("") == "PAY_FILE_EMPTY file");
    CHECK(told(std::string("\xff\xfet\0o\0", 6)) == "PAY_FILE_ENCODING line 1");
    CHECK(told(std::string("\xfe\xff\0t\0o", 6)) == "PAY_FILE_ENCODING line 1");
    CHECK(told(std::string("t\0o\0,\0", 6)) == "PAY_FILE_ENCODING line 1");
    CHECK(told("to,amount\r" + kAlice + ",1\r") == "PAY_FILE_ENCODING line 1");
}

TEST_CASE("amounts of zero and lines that stand twice are told") {
    auto file = read("to,amount\n" + kAlice + ",1\n" + kBob + ",0\n" + kAlice + ",2\n" + kAlice + ",1.0\n");
    REQUIRE(file.ok());
    CHECK(file->oddities == std::vector<std::string>{"line 3: an amount of zero", "line 5: the same as line 2"});
}

TEST_CASE("nobody is paid from whom money can't come back") {
    const Address rollup = *address_from_string(kAlice), token = *address_from_string(kBob);
    CHECK(parse_payee(kAlice, rollup, token, "to").status().reason == "PAYEE_INVALID");
    CHECK(parse_payee(kBob, rollup, token, "to").status().reason == "PAYEE_INVALID");
    CHECK(parse_payee(kZero, rollup, token, "to").status().reason == "PAYEE_INVALID");
    CHECK(parse_payee(kZero, rollup, Address{}, "to").status().reason == "PAYEE_INVALID");
    CHECK(parse_payee(kBob, rollup, Address{}, "to").ok());
}

TEST_CASE("memos are text or a hash") {
    CHECK(to_hex(*parse_memo("")) == "0x" + std::string(64, '0'));
    CHECK(string_of(ByteView(*parse_memo("hi")).first(3)) == std::string("hi\0", 3));
    CHECK(parse_memo(std::string(32, 'x')).ok());
    CHECK(parse_memo(std::string(33, 'x')).status().reason == "MEMO_INVALID");
    CHECK(parse_memo("0x12").status().reason == "MEMO_INVALID");
    CHECK(parse_memo("0x" + std::string(64, 'a')).ok());
}
