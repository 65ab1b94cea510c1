#include "tests/contract/stand_ins.hpp"

#include <algorithm>
#include <functional>

#include "l1-bridge/wire/abi.hpp"
#include "protocol/encoding.hpp"

namespace gavel::test {

using namespace gavel::l1;

namespace {

// A native contract made of one function.
class Scripted : public NativeContract {
public:
    using Body = std::function<CallResult(Host&, const CallContext&, ByteView calldata)>;
    explicit Scripted(Body body) : body_(std::move(body)) {}
    CallResult construct(Host&, const CallContext&, ByteView) const override { return CallResult::ok(); }
    CallResult call(Host& host, const CallContext& context, ByteView calldata) const override {
        return body_(host, context, calldata);
    }

private:
    Body body_;
};

// Makes one call while it is being made itself, when it has no code yet: constructor(address,bytes).
class ConstructorCaller : public NativeContract {
public:
    CallResult construct(Host& host, const CallContext& context, ByteView args) const override {
        AbiReader in(args);
        Address target = in.address();
        return host.call(target, context.value, in.bytes());
    }
    CallResult call(Host&, const CallContext&, ByteView) const override { return CallResult::ok(); }
};

// Bytes as Solidity keeps them from 32 bytes on: the length in the slot, the rest behind its hash. Zero: none.
void keep_bytes(Host& host, const Hash& slot, ByteView bytes) {
    host.store(slot, word_of(u128{2 * bytes.size() + 1}));
    for (size_t i = 0; i * Hash::kSize < bytes.size(); ++i) {
        Bytes word = to_bytes(bytes.subspan(i * Hash::kSize, std::min(Hash::kSize, bytes.size() - i * Hash::kSize)));
        word.resize(Hash::kSize);
        host.store(slots::element(host, slot, i), Hash::from(word));
    }
}

Bytes kept_bytes(Host& host, const Hash& slot) {
    auto size = static_cast<size_t>(low_u128(host.load(slot)) / 2);
    Bytes out;
    for (size_t i = 0; i * Hash::kSize < size; ++i) append(out, host.load(slots::element(host, slot, i)));
    out.resize(size);
    return out;
}

// The first word of a refusal; 1 in the first byte for a success.
void keep_answer(Host& host, const Hash& slot, const CallResult& answer) {
    Bytes told = answer.success ? Bytes{1} : answer.data;
    told.resize(Hash::kSize);
    host.store(slot, Hash::from(told));
}

Hash balance_slot(Host& host, const Address& owner) { return slots::mapping(host, owner, slots::at(1)); }

u128 balance_of(Host& host, const Address& owner) { return low_u128(host.load(balance_slot(host, owner))); }

void add_balance(Host& host, const Address& owner, u128 amount) {
    host.store(balance_slot(host, owner), word_of(balance_of(host, owner) + amount));
}

CallResult answer(TokenMode mode) {
    switch (mode) {
        case TokenMode::kSilent: return CallResult::ok();
        case TokenMode::kFalse: return CallResult::ok(AbiWriter().boolean(false).take());
        case TokenMode::kTwo: return CallResult::ok(AbiWriter().word(u128{2}).take());
        case TokenMode::kShortAnswer: return CallResult::ok(Bytes{1});
        default: return CallResult::ok(AbiWriter().boolean(true).take());
    }
}

CallResult token_move(TokenMode mode, Host& host, const Address& from, const Address& to, u128 amount) {
    if (mode == TokenMode::kReverts) return CallResult::revert(AbiWriter("No()").take());
    if (mode == TokenMode::kFalse || mode == TokenMode::kTakesNothing) return answer(mode);
    u128 balance = balance_of(host, from);
    if (balance < amount) return CallResult::revert(AbiWriter("TooLittle()").take());
    host.store(balance_slot(host, from), word_of(balance - amount));
    u128 had = balance_of(host, to);
    if (mode == TokenMode::kShrinks) host.store(balance_slot(host, to), word_of(had - std::min(had, amount)));
    else host.store(balance_slot(host, to), word_of(had + (mode == TokenMode::kFee ? amount - amount / 10 : amount)));
    host.store(slots::at(0), word_of(low_u128(host.load(slots::at(0))) + 1));
    return answer(mode);
}

// transfer, transferFrom (without allowances), balanceOf, mint, keep.
CallResult token_call(TokenMode mode, Host& host, const CallContext& context, ByteView calldata) {
    uint32_t id = selector_of(calldata).value_or(0);
    AbiReader in(calldata.subspan(std::min<size_t>(4, calldata.size())));
    if (id == selector("balanceOf(address)")) {
        Bytes out = to_bytes(word_of(balance_of(host, in.address())));
        if (mode == TokenMode::kShortBalance) out.pop_back();
        if (mode == TokenMode::kHugeGrowth) out[7] = static_cast<uint8_t>(low_u128(host.load(slots::at(0))));
        return CallResult::ok(out);
    }
    if (id == selector("mint(address,uint256)")) {
        Address to = in.address();
        add_balance(host, to, in.integer());
        return CallResult::ok();
    }
    if (id == selector("keep(bytes)")) {
        keep_bytes(host, slots::at(2), in.bytes());
        return CallResult::ok();
    }
    const bool is_transfer = id == selector("transfer(address,uint256)");
    if (!is_transfer && id != selector("transferFrom(address,address,uint256)")) return CallResult::revert();
    if (mode == TokenMode::kReenters && !host.load(slots::at(2)).is_zero()) {
        keep_answer(host, slots::at(3), host.call(context.sender, 0, kept_bytes(host, slots::at(2))));
    }
    const Address from = is_transfer ? context.sender : in.address(), to = in.address();
    return token_move(mode, host, from, to, in.integer());
}

// The number in the word at `at`, and the bytes behind a length word there.
size_t number_at(ByteView data, size_t at) { return static_cast<size_t>(low_u128(Hash::from(data.subspan(at)))); }
ByteView bytes_at(ByteView data, size_t at) { return data.subspan(at + Hash::kSize, number_at(data, at)); }

// inOne's arguments as in_one() lays them out.
CallResult make_all(Host& host, ByteView arguments) {
    size_t targets = number_at(arguments, 0) + Hash::kSize, datas = number_at(arguments, Hash::kSize);
    size_t count = number_at(arguments, datas);
    for (size_t i = 0; i < count; ++i) {
        Address target = low_address(Hash::from(arguments.subspan(targets + i * Hash::kSize)));
        size_t elements = datas + Hash::kSize;
        size_t at = elements + number_at(arguments, elements + i * Hash::kSize);
        CallResult answer = host.call(target, 0, bytes_at(arguments, at));
        if (!answer.success) return answer;
    }
    return CallResult::ok();
}

CallResult forward(Host& host, const CallContext& context, ByteView calldata) {
    if (calldata.empty()) return CallResult::ok();
    if (selector_of(calldata) == selector("inOne(address[],bytes[])")) return make_all(host, calldata.subspan(4));
    if (calldata.size() < Address::kSize) return CallResult::revert();
    return host.call(Address::from(calldata), context.value, calldata.subspan(Address::kSize));
}

// Keeps what it calls in slots 1 (the target) and 2 (the calldata).
CallResult reenter(Host& host, const CallContext& context, ByteView calldata) {
    if (selector_of(calldata) == selector("keep(address,bytes)")) {
        AbiReader in(calldata.subspan(4));
        host.store(slots::at(1), word_of(in.address()));
        keep_bytes(host, slots::at(2), in.bytes());
        return CallResult::ok();
    }
    if (!calldata.empty()) return forward(host, context, calldata);
    keep_answer(host, slots::at(0), host.call(low_address(host.load(slots::at(1))), 0, kept_bytes(host, slots::at(2))));
    return CallResult::ok();
}

CallResult refuse_eth(Host& host, const CallContext& context, ByteView calldata) {
    return calldata.empty() ? CallResult::revert() : forward(host, context, calldata);
}

}  // namespace

std::shared_ptr<const NativeContract> odd_token(TokenMode mode) {
    return std::make_shared<Scripted>(
        [mode](Host& host, const CallContext& context, ByteView calldata) { return token_call(mode, host, context, calldata); });
}

void add_stand_ins(NativeRegistry& registry) {
    registry.add("forwarder", std::make_shared<Scripted>(forward));
    registry.add("refuser", std::make_shared<Scripted>(refuse_eth));
    registry.add("reenterer", std::make_shared<Scripted>(reenter));
    registry.add("constructorCaller", std::make_shared<ConstructorCaller>());
    for (int mode = 0; mode < kTokenModes; ++mode) {
        registry.add("token" + std::to_string(mode), odd_token(static_cast<TokenMode>(mode)));
    }
}

Bytes forwarded(const Address& target, ByteView calldata) {
    Bytes out = to_bytes(target);
    append(out, calldata);
    return out;
}

Bytes in_one(const std::vector<InnerCall>& calls) {
    size_t count = calls.size();
    ByteWriter out;
    out.raw(ByteView{AbiWriter("inOne(address[],bytes[])").take()});
    out.word(u128{2 * Hash::kSize}).word(u128{(3 + count) * Hash::kSize}).word(u128{count});
    for (const InnerCall& call : calls) out.word(call.target);
    out.word(u128{count});
    Bytes tail;
    for (const InnerCall& call : calls) {
        out.word(u128{count * Hash::kSize + tail.size()});
        append(tail, word_of(u128{call.calldata.size()}));
        append(tail, call.calldata);
        tail.resize((tail.size() + Hash::kSize - 1) / Hash::kSize * Hash::kSize);
    }
    out.raw(ByteView{tail});
    return out.take();
}

Bytes reenterer_keep(const Address& target, ByteView calldata) {
    return AbiWriter("keep(address,bytes)").word(target).bytes(calldata).take();
}

Bytes token_keep(ByteView calldata) { return AbiWriter("keep(bytes)").bytes(calldata).take(); }

Bytes token_mint(const Address& to, u128 amount) { return AbiWriter("mint(address,uint256)").word(to).word(amount).take(); }

}  // namespace gavel::test
