// The model's reading of "Applying a chunk".
#include <algorithm>

#include "tests/model/model.hpp"
#include "tests/model/refused.hpp"

namespace gavel::model {

namespace {

const uint32_t kEnd32 = 0xffffffff;  // 2^32-1
const Number kEnd64 = power_of_two(64) - 1;
const Number kMark = power_of_two(63);   // the top bit of a nonce: a channel
const Number kLastNonce = kMark - 1;     // of a leaf that isn't marked
const Number kClosed = kEnd64;           // a closed channel's nonce
const Number kLargestCount = kMark - 2;  // of a voucher
const Number kEnd128 = power_of_two(128) - 1;

using Leaf = std::map<Bytes, Account>::iterator;

struct Run {
    const Env& env;
    State& state;
    Trace& trace;
    std::vector<std::pair<Bytes, Number>> fees;  // token, total

    void refuse_if(bool condition, const char* name) {
        if (condition) throw Refused{name};
    }

    bool is_index(uint32_t index) { return index != 0 && index < state.account_count; }

    Leaf read(uint32_t index) {
        trace.accesses.push_back("read " + std::to_string(index));
        auto leaf =
            std::find_if(state.accounts.begin(), state.accounts.end(), [&](auto& entry) { return entry.second.index == index; });
        if (leaf == state.accounts.end()) throw HoleRead{};
        return leaf;
    }

    // The key's leaf, or its low leaf: the last one that isn't above the key.
    Leaf find(const Bytes& key) {
        Leaf leaf = std::prev(state.accounts.upper_bound(key));
        trace.accesses.push_back("find " + std::to_string(leaf->second.index));
        return leaf;
    }

    void insert(const Bytes& key, const Number& balance, const Number& nonce = 0) {
        trace.accesses.push_back("append " + std::to_string(state.account_count));
        state.accounts[key] = Account{state.account_count, nonce, balance};
        state.account_count += 1;
    }

    void append_withdrawal(const Bytes& recipient, const Bytes& token, const Number& amount) {
        state.withdrawals[state.withdrawal_count] = H(recipient + token + be(16, amount));
        state.withdrawal_count += 1;
    }

    std::string deposit(const L1Operation& entry) {
        Bytes key = entry.to + entry.token;
        Leaf leaf = find(key);
        bool exists = leaf->first == key;
        if (exists && leaf->second.balance + entry.amount <= kEnd128) {
            leaf->second.balance += entry.amount;
            return "credited";
        }
        if (!exists && state.account_count < kEnd32) {
            insert(key, entry.amount);
            return "new leaf";
        }
        refuse_if(state.withdrawal_count == kEnd32, "WithdrawalTreeFull");
        append_withdrawal(entry.to, entry.token, entry.amount);
        return exists ? "withdrawn, balance at its end" : "withdrawn, account tree full";
    }

    std::string forced(const L1Operation& entry) {
        Bytes key = entry.caller + entry.token;
        Leaf leaf = find(key);
        if (leaf->first != key) return "nothing, no leaf";
        bool whole = entry.amount == kEnd128;
        Number amount = whole ? leaf->second.balance : entry.amount;
        if (leaf->second.nonce >= kLastNonce) return "nothing, nonce at its end";
        if (leaf->second.balance < amount) return "nothing, too little";
        return entry.kind == L1Operation::kForcedWithdrawal ? forced_withdrawal(entry, leaf->second, amount, whole)
                                                            : forced_transfer(entry, leaf->second, amount, whole);
    }

    std::string forced_withdrawal(const L1Operation& entry, Account& from, const Number& amount, bool whole) {
        if (amount.IsZero()) return "nothing, zero";
        if (state.withdrawal_count == kEnd32) return "nothing, withdrawal tree full";
        from.balance -= amount;
        from.nonce += 1;
        append_withdrawal(entry.to, entry.token, amount);
        return whole ? "of the whole balance" : "done";
    }

    std::string forced_transfer(const L1Operation& entry, Account& from, const Number& amount, bool whole) {
        std::string outcome = move_money(entry, from, amount, from.nonce + 1);
        if (outcome.starts_with("nothing")) return outcome;
        if (entry.caller == entry.to) return "to oneself";
        if (whole) return "of the whole balance";
        if (amount.IsZero()) return "of zero";
        return outcome;
    }

    // Takes the amount from a leaf, which gets that nonce, and gives it to entry.to; all of it or nothing.
    std::string move_money(const L1Operation& entry, Account& from, Number amount, Number nonce) {
        State saved = state;
        from.balance -= amount;
        from.nonce = nonce;
        Bytes key = entry.to + entry.token;
        Leaf leaf = find(key);
        bool exists = leaf->first == key;
        if (exists && leaf->second.balance + amount > kEnd128) {
            state = saved;
            return "nothing, recipient's balance at its end";
        }
        if (!exists && state.account_count == kEnd32) {
            state = saved;
            return "nothing, account tree full";
        }
        if (exists) {
            leaf->second.balance += amount;
        } else {
            insert(key, amount);
        }
        return exists ? "credited" : "new leaf";
    }

    std::string of_channel(const L1Operation& entry) {
        Bytes key = entry.caller + entry.token;
        Leaf leaf = find(key);
        if (leaf->first != key) return "nothing, no leaf";
        if (leaf->second.nonce < kMark) return "nothing, no channel";
        return entry.kind == L1Operation::kRedeem ? redeem(entry, leaf->second) : reclaim(entry, leaf->second);
    }

    std::string redeem(const L1Operation& entry, Account& channel) {
        if (channel.nonce == kClosed) return "nothing, closed";
        if (entry.amount.IsZero()) return "nothing, no unit";
        if (entry.count > kLargestCount) return "nothing, count too large";
        if (entry.count <= channel.nonce - kMark) return "nothing, claimed before";
        Number asked = entry.count - (channel.nonce - kMark);
        Number units = units_of(channel, entry.amount, entry.count);
        if (units.IsZero()) return "nothing, less than a unit";
        std::string outcome = move_money(entry, channel, units * entry.amount, channel.nonce + units);
        return outcome == "credited" && units < asked ? "as many units as the balance has" : outcome;
    }

    std::string reclaim(const L1Operation& entry, Account& channel) {
        bool closed = channel.nonce == kClosed;
        if (channel.balance.IsZero()) {
            channel.nonce = kClosed;
            return "closed, nothing left";
        }
        std::string outcome = move_money(entry, channel, channel.balance, kClosed);
        return outcome == "credited" && closed ? "of a closed channel" : outcome;
    }

    // How many a voucher for `count` units brings.
    static Number units_of(const Account& channel, const Number& unit, const Number& count) {
        Number claimed = channel.nonce - kMark;
        return count > claimed ? std::min(count - claimed, channel.balance / unit) : Number::Zero();
    }

    void apply_l1(const L1Operation& entry) {
        static const char* const names[] = {"deposit: ", "forced transfer: ", "forced withdrawal: ", "redeem: ", "reclaim: "};
        std::string outcome = entry.kind == L1Operation::kDeposit            ? deposit(entry)
                              : entry.kind <= L1Operation::kForcedWithdrawal ? forced(entry)
                                                                             : of_channel(entry);
        trace.l1_outcomes.push_back(names[entry.kind] + outcome);
    }

    // Credits the line's recipient and tells who that is.
    Bytes pay(const Line& line, const Bytes& token) {
        if (!line.by_address) {
            refuse_if(!is_index(line.index), "RecipientIndex");
            Leaf leaf = read(line.index);
            refuse_if(leaf->first.substr(20) != token, "RecipientToken");
            refuse_if(leaf->second.balance + line.amount > kEnd128, "BalanceOverflow");
            leaf->second.balance += line.amount;
            return leaf->first.substr(0, 20);
        }
        refuse_if(line.address == zeros(20), "RecipientZero");
        refuse_if(state.account_count == kEnd32, "AccountTreeFull");
        Bytes key = line.address + token;
        refuse_if(find(key)->first == key, "RecipientHasLeaf");
        insert(key, line.amount);
        return line.address;
    }

    void tally(const Bytes& token, const Number& fee) {
        if (fee.IsZero()) return;
        auto entry = std::find_if(fees.begin(), fees.end(), [&](auto& known) { return known.first == token; });
        if (entry == fees.end()) entry = fees.insert(fees.end(), {token, 0});
        entry->second += fee;
        refuse_if(entry->second > kEnd128, "FeeOverflow");
    }

    void check_signer(const Bytes& digest, const Bytes& signature, const Bytes& who) {
        std::optional<Bytes> signer = recover(digest, signature);
        refuse_if(!signer, "SignatureInvalid");
        refuse_if(*signer != who, "SignerNotOwner");
    }

    // `signatures`: as many as the operation needs, one after the other.
    void apply_operation(const Operation& op, const Bytes& signatures) {
        refuse_if(!is_index(op.sender), "SenderIndex");
        Leaf sender = read(op.sender);
        if (op.kind == Operation::kRedeem) {
            apply_redeem(op, sender, signatures);
        } else {
            apply_spending(op, sender, signatures);
        }
    }

    void apply_spending(const Operation& op, Leaf sender, const Bytes& signature) {
        const Bytes owner = sender->first.substr(0, 20), token = sender->first.substr(20);
        const Number nonce = sender->second.nonce;
        refuse_if(nonce >= kLastNonce, "NonceExhausted");
        Number total = op.fee + op.amount;
        for (const Line& line : op.lines) total += line.amount;
        refuse_if(sender->second.balance < total, "InsufficientBalance");
        sender->second.balance -= total;
        sender->second.nonce += 1;

        if (op.kind == Operation::kFund) fund(op, owner, token);
        std::vector<Payment> payments;
        for (const Line& line : op.lines) {
            if (op.kind == Operation::kWithdrawal) {
                refuse_if(line.address == zeros(20), "RecipientZero");
                refuse_if(line.amount.IsZero(), "WithdrawalOfZero");
                refuse_if(state.withdrawal_count == kEnd32, "WithdrawalTreeFull");
                append_withdrawal(line.address, token, line.amount);
                payments.push_back({line.address, line.amount});
            } else {
                payments.push_back({pay(line, token), line.amount});
            }
        }
        tally(token, op.fee);

        Bytes digest = op.kind == Operation::kTransfer
                           ? transfer_digest(env.separator, token, payments[0], op.fee, nonce, op.memo)
                       : op.kind == Operation::kWithdrawal ? withdraw_digest(env.separator, token, payments[0], op.fee, nonce)
                       : op.kind == Operation::kFund       ? fund_digest(env.separator, token, op.terms, op.amount, op.fee, nonce)
                                                     : payout_digest(env.separator, token, payments, op.fee, nonce, op.memo);
        check_signer(digest, signature, owner);
    }

    void fund(const Operation& op, const Bytes& payer, const Bytes& token) {
        Terms terms = op.terms;
        terms.payer = payer;
        refuse_if(terms.unit.IsZero() || terms.payee == zeros(20) || terms.payee == payer, "ChannelTerms");
        refuse_if(op.amount.IsZero(), "FundOfZero");
        Bytes key = channel_address(env.separator, terms) + token;
        Leaf leaf = find(key);
        if (leaf->first == key) {
            Account& channel = leaf->second;
            refuse_if(channel.nonce == kClosed || (!channel.nonce.IsZero() && channel.nonce < kMark), "ChannelNotOpen");
            refuse_if(channel.balance + op.amount > kEnd128, "BalanceOverflow");
            channel.balance += op.amount;
            channel.nonce = std::max(channel.nonce, kMark);
        } else {
            refuse_if(state.account_count == kEnd32, "AccountTreeFull");
            insert(key, op.amount, kMark);
        }
    }

    void apply_redeem(const Operation& op, Leaf leaf, const Bytes& signatures) {
        const Bytes address = leaf->first.substr(0, 20), token = leaf->first.substr(20);
        Account& channel = leaf->second;
        refuse_if(channel.nonce < kMark || channel.nonce == kClosed, "ChannelNotOpen");
        refuse_if(op.terms.unit.IsZero(), "ChannelTerms");
        refuse_if(op.take && op.count > kLargestCount, "ChannelCount");
        const Number claimed = channel.nonce - kMark;
        const Number units = op.take ? units_of(channel, op.terms.unit, op.count) : Number::Zero();
        refuse_if(op.take && units.IsZero(), "NothingToRedeem");
        refuse_if(op.take && op.close && claimed + units < op.count, "InsufficientBalance");
        const Number taken = units * op.terms.unit;
        refuse_if(op.fee > taken, "InsufficientBalance");

        Line to_payee = op.lines[0], to_payer = op.lines[1];
        to_payee.amount = taken - op.fee;
        to_payer.amount = op.close ? channel.balance - taken : Number::Zero();
        channel.balance -= taken + to_payer.amount;
        channel.nonce = op.close ? kClosed : channel.nonce + units;
        Terms terms = op.terms;
        terms.payee = pay(to_payee, token);
        terms.payer = pay(to_payer, token);
        tally(token, op.fee);

        refuse_if(channel_address(env.separator, terms) != address, "ChannelTerms");
        check_signer(redeem_digest(env.separator, {address, token, claimed, op.count, op.take, op.close, op.fee}),
                     signatures.substr(0, 64), terms.payee);
        if (op.take) check_signer(voucher_digest(env.separator, address, token, op.count), signatures.substr(64), terms.payer);
    }

    void apply_fee_leaves(const std::vector<uint32_t>& fee_leaves) {
        refuse_if(fee_leaves.size() < fees.size(), "FeeLeafMissing");
        refuse_if(fee_leaves.size() > fees.size(), "FeeLeafExtra");
        for (size_t i = 0; i < fees.size(); ++i) {
            refuse_if(!is_index(fee_leaves[i]), "FeeLeafIndex");
            Leaf leaf = read(fee_leaves[i]);
            refuse_if(leaf->first.substr(20) != fees[i].first, "FeeLeafToken");
            refuse_if(leaf->second.balance + fees[i].second > kEnd128, "BalanceOverflow");
            leaf->second.balance += fees[i].second;
        }
    }

    void all(const Bytes& ops, const Bytes& sigs) {
        Chunk chunk;
        std::string refusal = decode(ops, chunk);
        if (!refusal.empty()) throw std::string(refusal);
        Number n = static_cast<long>(chunk.operations.size());
        size_t signatures = 0;
        for (const Operation& op : chunk.operations) signatures += op.signatures();
        refuse_if(sigs.size() != 64 * signatures, "SignatureCount");
        refuse_if(state.op_count + n > kEnd64, "OpCountOverflow");
        refuse_if(state.l1_ops_consumed + static_cast<long>(chunk.l1) > env.limit, "L1LimitExceeded");
        for (unsigned i = 0; i < chunk.l1; ++i) {
            apply_l1(env.l1.at(state.l1_ops_consumed));
            state.l1_ops_consumed += 1;
        }
        size_t used = 0;
        for (const Operation& op : chunk.operations) {
            apply_operation(op, sigs.substr(64 * used, 64 * op.signatures()));
            used += op.signatures();
        }
        apply_fee_leaves(chunk.fee_leaves);
        state.op_count += n;
    }
};

}  // namespace

std::string apply(const Env& env, State& state, const Bytes& ops, const Bytes& sigs, Trace* trace) {
    State work = state;
    Trace unasked;
    try {
        Run{env, work, trace ? *trace : unasked, {}}.all(ops, sigs);
    } catch (const Refused& refused) {
        return refused.name;
    } catch (const std::string& refusal) {
        return refusal;
    }
    state = work;
    return "";
}

std::string apply(const Env& env, State& state, const Posted& chunk, Trace* trace) {
    return chunk.lengths_fit ? apply(env, state, chunk.ops, chunk.sigs, trace) : "SlotLengths";
}

}  // namespace gavel::model
