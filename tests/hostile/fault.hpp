// What an L1 node can do wrong: small named values for a Proxy. Each function that gives one says what it does; the node behind
// is honest.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tests/hostile/exchange.hpp"

namespace gavel::hostile {

struct Fault {
    std::string name;  // kebab-case, one of few: it is counted by it
    // Spoils the question or its answer; whether there was anything to spoil. Called from several threads at a time.
    std::function<bool(Exchange&)> spoil;
    unsigned percent = 100;              // of the questions
    std::vector<std::string> methods{};  // that it concerns; empty: all

    Fault with_chance(unsigned of_hundred) const;
    Fault only(std::vector<std::string> of_methods) const;
};

// ---- The connection ----
Fault drops();
Fault truncates();                             // the connection ends in the middle
Fault cuts_json();                             // all of a body arrives, and it is half a document
Fault delays(std::chrono::milliseconds most);  // up to so long
Fault stalls(std::chrono::milliseconds time);  // always so long
Fault drips();                                 // some bytes each 20 ms
Fault says_http(int status);                   // 429, 503, ... with a page of text
Fault talks_html();                            // with status 200

// ---- JSON ----
Fault null_error_beside_result();             // {"result": X, "error": null}
const std::vector<Json>& odd_error_values();  // "text", [], {"code": "x"}, ...
Fault odd_error(Json value);                  // "error" is that
Fault odd_errors();                           // any of them
Fault wrong_types();                          // the result is anything else
Fault spoils_members();                       // one member somewhere in the result is anything else, or gone
enum class Nested : uint8_t { kResult, kErrorData, kId };
Fault nests_deeply(Nested where);  // 100,000 brackets
Fault nests_deeply();              // anywhere
Fault other_id();
Fault no_json_rpc();  // JSON of other forms, no text at all

// ---- Logs. The first two in receipts too; .only({"eth_getLogs"}) leaves those right ----
Fault leaves_logs_out(unsigned percent_of_logs = 100);  // without an error, always the same ones
Fault forgets_old_logs(uint64_t depth);                 // deeper than so many blocks there are none
Fault limits_log_range(uint64_t blocks);                // refuses larger ones, each time in the words of another provider
Fault limits_log_count(size_t count);                   // refuses to give more of one answer
Fault confuses_logs();                                  // twice, backwards, of another contract, of no block, removed

// ---- A view of the chain that is not the newest ----
Fault lags(uint64_t blocks);  // a backend that is behind
Fault freezes();              // its head stays where it is at the first question
Fault forks(uint64_t depth);  // the newest blocks are others, with nothing in them, and go on so
Fault is_syncing();           // it has the genesis block, and says that it is syncing

// ---- What a node lacks ----
Fault has_no_code();
Fault forgets_transactions();  // by hash, those that are in a block
Fault forgets_receipts();
Fault is_indexing();                     // receipts and transactions by hash are an error for now
Fault lacks(const std::string& method);  // -32601
Fault is_other_chain();
Fault antedates(uint64_t seconds);  // blocks, under their right hashes
Fault refuses_at_random();          // any method, with codes, words and data objects of all kinds

// ---- Sending ----
Fault refuses_large(size_t bytes);       // transactions
Fault refuses_small_tips(uint64_t wei);  // by the priority fee
Fault caps_fees(uint64_t wei);           // gas limit times fee, as geth's --rpc.txfeecap
Fault says_poor();                       // insufficient funds
Fault errors_after_sending();            // the node has the transaction then
Fault knows_after_sending();             // the same, in the words in which nodes say that they have it already
Fault swallows();                        // says that it has it, and hasn't
Fault answers_other_hash();
Fault charges_calldata_more();  // 64 gas a byte, in estimates and in what it takes
Fault estimates_too_little();   // of gas, by a half

}  // namespace gavel::hostile
