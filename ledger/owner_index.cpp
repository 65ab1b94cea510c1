#include "ledger/owner_index.hpp"

#include <algorithm>

#include "ledger/rows.hpp"
#include "ledger/varint.hpp"
#include "protocol/kinds/kinds.hpp"

namespace gavel::ledger {

std::vector<std::pair<Address, Touch>> touches_of(const Entry& entry) {
    std::vector<std::pair<Address, Touch>> touches;
    auto note = [&](const Address& owner, const Address& token) -> Touch& {
        auto same = std::find_if(touches.begin(), touches.end(), [&](const auto& touch) { return touch.first == owner; });
        if (same == touches.end()) same = touches.insert(same, {owner, Touch{entry.number, token}});
        return same->second;
    };
    if (const auto* operation = std::get_if<OperationEntry>(&entry.what)) {
        const Operation& signed_form = operation->operation;
        const bool is_redeem = traits_of(signed_form.kind).payees == Payees::kParties;
        note(is_redeem ? signed_form.channel.channel : operation->sender, signed_form.token).outgoing = true;
        if (is_redeem) note(operation->sender, signed_form.token);
        for (size_t i = 0; i < operation->recipients.size(); ++i) {
            const Payment& payment = signed_form.payments[i];
            if (!is_redeem || !payment.amount.is_zero()) note(payment.to, signed_form.token).incoming = true;
        }
    } else if (const auto* l1 = std::get_if<L1Entry>(&entry.what)) {
        const L1Operation& asked = l1->operation;
        const bool debits_caller = traits_of(asked.kind).debits_caller;
        if (debits_caller) note(asked.caller, asked.token).outgoing = l1->took_effect;
        if (!debits_caller || l1->recipient) note(asked.to, asked.token).incoming = l1->recipient.has_value();
    } else {
        const auto& fee = std::get<FeeEntry>(entry.what);
        note(fee.owner, fee.token).incoming = true;
    }
    return touches;
}

// The number of tokens, of each whether it is another than zero and then itself; the number of touches, of each the step from the
// entry before, incoming, outgoing and, if there are several tokens, which of them.
std::string encode_touches(std::span<const Touch> touches) {
    std::vector<Address> tokens;
    const auto number_of = [&](const Address& token) {
        return static_cast<uint64_t>(std::find(tokens.begin(), tokens.end(), token) - tokens.begin());
    };
    for (const Touch& touch : touches)
        if (number_of(touch.token) == tokens.size()) tokens.push_back(touch.token);
    ByteWriter out;
    put_varint(out, tokens.size());
    for (const Address& token : tokens) {
        out.u8(!token.is_zero());
        if (!token.is_zero()) out.raw(token);
    }
    put_varint(out, touches.size());
    uint64_t entry = touches.front().entry;
    for (const Touch& touch : touches) {
        put_varint(out, u128{touch.entry - entry} << 2 | (touch.incoming ? 2 : 0) | (touch.outgoing ? 1 : 0));
        if (tokens.size() > 1) put_varint(out, number_of(touch.token));
        entry = touch.entry;
    }
    return string_of(out.bytes());
}

std::vector<Touch> decode_touches(uint64_t first, std::string_view row) {
    ByteReader in(view_of(row));
    bool ok = true;
    std::vector<Address> tokens;
    for (uint32_t count = take_varint32(in, ok); tokens.size() < count && ok && in.ok();) {
        const uint8_t is_named = in.u8();
        ok = ok && is_named <= 1;
        tokens.push_back(is_named != 0 ? in.fixed<Address>() : Address{});
    }
    std::vector<Touch> out;
    const uint32_t count = take_varint32(in, ok);
    while (ok && in.ok() && out.size() < count) {
        const uint64_t step = take_varint64(in, ok);
        const uint32_t token = tokens.size() > 1 ? take_varint32(in, ok) : 0;
        ok = ok && token < tokens.size() && (step >> 2 == 0) == out.empty();
        if (!ok) break;
        out.push_back({(out.empty() ? first : out.back().entry) + (step >> 2), tokens[token], (step & 1) != 0, (step & 2) != 0});
    }
    if (!ok || !in.finished() || out.empty())
        throw node::StoreError("the ledger's store is damaged: an owner's index is unreadable");
    return out;
}

size_t OwnerIndex::turn_of(const Address& owner) const {
    return ByteReader(ByteView(owner).last(4)).u32() % owners_by_turn_.size();
}

uint64_t OwnerIndex::first_to_learn(uint64_t end) const { return end > turns() ? end - turns() : 0; }

uint64_t OwnerIndex::first_behind(size_t turn, uint64_t end) const { return end <= turn ? 0 : end - (end - 1 - turn) % turns(); }

uint64_t OwnerIndex::first_behind_turn(const Address& owner, uint64_t end) const { return first_behind(turn_of(owner), end); }

void OwnerIndex::begin(uint64_t end) {
    for (size_t turn = 0; turn < turns(); ++turn) {
        owners_by_turn_[turn].clear();
        from_[turn] = first_behind(turn, end);
    }
    due_.clear();
}

void OwnerIndex::seal(uint64_t chunk, std::span<const EntryPointer> entries, node::WriteBatch& batch) {
    const size_t its_turn = chunk % turns();
    const auto put = [&](const Address& owner, const std::vector<Touch>& touches) {
        batch.put(rows::pair_key('o', owner, touches.front().entry), encode_touches(touches));
        due_.emplace_back(owner, touches.back().entry);
    };
    std::vector<Address> busy;
    for (const EntryPointer& entry : entries) {
        for (const auto& [owner, touch] : touches_of(*entry)) {
            const size_t turn = turn_of(owner);
            if (chunk < from_[turn]) continue;
            std::vector<Touch>& touches = owners_by_turn_[turn][owner];
            touches.push_back(touch);
            if (touches.size() == kManyTouches && turn != its_turn) busy.push_back(owner);
        }
    }
    for (const Address& owner : busy) put(owner, owners_by_turn_[turn_of(owner)][owner]);
    for (const auto& [owner, touches] : owners_by_turn_[its_turn]) put(owner, touches);
}

void OwnerIndex::written() {
    for (const auto& [owner, last] : due_) {
        Owners& owners = owners_by_turn_[turn_of(owner)];
        const auto found = owners.find(owner);
        if (found == owners.end()) continue;
        std::erase_if(found->second, [last = last](const Touch& touch) { return touch.entry <= last; });
        if (found->second.empty()) owners.erase(found);
    }
    due_.clear();
}

std::span<const Touch> OwnerIndex::of(const Address& owner) const {
    const Owners& owners = owners_by_turn_[turn_of(owner)];
    auto found = owners.find(owner);
    return found == owners.end() ? std::span<const Touch>{} : std::span<const Touch>(found->second);
}

}  // namespace gavel::ledger
