#include "l1-bridge/chain/test_token.hpp"

#include "l1-bridge/wire/abi.hpp"

namespace gavel::l1 {
namespace {

// Storage: as a Solidity contract with these state variables in this order would have it.
enum Slot : uint64_t { kBalances, kAllowances, kTotalSupply, kNameSlot, kSymbolSlot, kDecimalsSlot };

const Hash kTransferTopic = event_topic("Transfer(address,address,uint256)");
const Hash kApprovalTopic = event_topic("Approval(address,address,uint256)");

constexpr size_t kMaxText = 31;

[[noreturn]] void revert(const AbiWriter& error) { throw Revert{error.take()}; }
[[noreturn]] void bad_calldata() { revert(AbiWriter("BadCalldata()")); }

// A text of up to 31 bytes in one word, as Solidity keeps it: the bytes, and twice the length in the last byte.
Hash pack_text(ByteView text) {
    Hash out;
    std::copy(text.begin(), text.end(), out.bytes.begin());
    out.bytes[31] = static_cast<uint8_t>(2 * text.size());
    return out;
}
ByteView unpack_text(const Hash& word) { return ByteView{word}.first(word.bytes[31] / 2); }

// One running call of the token.
class Call {
public:
    Call(Host& host, const CallContext& context) : host_(host), context_(context) {}

    Hash balance_slot(const Address& owner) { return slots::mapping(host_, owner, slots::at(kBalances)); }
    Hash allowance_slot(const Address& owner, const Address& spender) {
        return slots::mapping(host_, spender, slots::mapping(host_, owner, slots::at(kAllowances)));
    }

    void move(const Address& from, const Address& to, u128 amount) {
        if (to.is_zero()) revert(AbiWriter("ERC20InvalidReceiver(address)").word(to));
        Hash from_slot = balance_slot(from);
        u128 balance = low_u128(host_.load(from_slot));
        if (balance < amount) {
            revert(AbiWriter("ERC20InsufficientBalance(address,uint256,uint256)").word(from).word(balance).word(amount));
        }
        host_.store(from_slot, word_of(balance - amount));
        Hash to_slot = balance_slot(to);
        host_.store(to_slot, word_of(low_u128(host_.load(to_slot)) + amount));  // bounded by the total supply
        log_transfer(from, to, amount);
    }

    void mint(const Address& to, u128 amount) {
        if (to.is_zero()) revert(AbiWriter("ERC20InvalidReceiver(address)").word(to));
        u128 supply = low_u128(host_.load(slots::at(kTotalSupply)));
        if (amount >= ~u128{0} - supply) revert(AbiWriter("Panic(uint256)").word(u128{0x11}));
        host_.store(slots::at(kTotalSupply), word_of(supply + amount));
        Hash slot = balance_slot(to);
        host_.store(slot, word_of(low_u128(host_.load(slot)) + amount));
        log_transfer({}, to, amount);
    }

    void approve(const Address& spender, const Hash& amount) {
        if (spender.is_zero()) revert(AbiWriter("ERC20InvalidSpender(address)").word(spender));
        host_.store(allowance_slot(context_.sender, spender), amount);
        host_.emit_log({kApprovalTopic, word_of(context_.sender), word_of(spender)}, to_bytes(amount));
    }

    void spend_allowance(const Address& owner, u128 amount) {
        Hash slot = allowance_slot(owner, context_.sender);
        Hash allowance = host_.load(slot);
        if (allowance > word_of(~u128{0})) return;  // without limit
        u128 left = low_u128(allowance);
        if (left < amount) {
            AbiWriter error("ERC20InsufficientAllowance(address,uint256,uint256)");
            revert(error.word(context_.sender).word(left).word(amount));
        }
        host_.store(slot, word_of(left - amount));
    }

    Hash read(uint64_t slot) { return host_.load(slots::at(slot)); }
    Hash read(const Hash& slot) { return host_.load(slot); }

private:
    void log_transfer(const Address& from, const Address& to, u128 amount) {
        host_.emit_log({kTransferTopic, word_of(from), word_of(to)}, to_bytes(word_of(amount)));
    }

    Host& host_;
    const CallContext& context_;
};

// What is above 2^128-1 is as much as 2^128-1: more than the whole supply may ever be.
u128 clamp(const Hash& word) { return word > word_of(~u128{0}) ? ~u128{0} : low_u128(word); }

CallResult returns(const Hash& word) { return CallResult::ok(to_bytes(word)); }
CallResult returns_true() { return returns(word_of(u128{1})); }

void expect_end(AbiReader& args) {
    if (!args.finished()) bad_calldata();
}

std::optional<CallResult> run_view(Call& token, uint32_t function, AbiReader& args) {
    static const uint32_t kName = selector("name()"), kSymbol = selector("symbol()"), kDecimals = selector("decimals()"),
                          kTotal = selector("totalSupply()"), kBalanceOf = selector("balanceOf(address)"),
                          kAllowance = selector("allowance(address,address)");
    if (function == kName || function == kSymbol) {
        Hash text = token.read(function == kName ? kNameSlot : kSymbolSlot);
        return CallResult::ok(AbiWriter().bytes(unpack_text(text)).take());
    }
    if (function == kDecimals) return returns(token.read(kDecimalsSlot));
    if (function == kTotal) return returns(token.read(kTotalSupply));
    if (function == kBalanceOf) {
        Address owner = args.address();
        expect_end(args);
        return returns(token.read(token.balance_slot(owner)));
    }
    if (function == kAllowance) {
        Address owner = args.address(), spender = args.address();
        expect_end(args);
        return returns(token.read(token.allowance_slot(owner, spender)));
    }
    return std::nullopt;
}

std::optional<CallResult> run_write(Call& token, const CallContext& context, uint32_t function, AbiReader& args) {
    static const uint32_t kTransfer = selector("transfer(address,uint256)"), kApprove = selector("approve(address,uint256)"),
                          kTransferFrom = selector("transferFrom(address,address,uint256)"),
                          kMint = selector("mint(address,uint256)");
    if (function == kTransfer || function == kMint || function == kApprove) {
        Address other = args.address();
        Hash amount = args.word();
        expect_end(args);
        if (function == kTransfer) token.move(context.sender, other, clamp(amount));
        if (function == kMint) token.mint(other, clamp(amount));
        if (function == kApprove) token.approve(other, amount);
        return returns_true();
    }
    if (function == kTransferFrom) {
        Address from = args.address(), to = args.address();
        Hash amount = args.word();
        expect_end(args);
        token.spend_allowance(from, clamp(amount));
        token.move(from, to, clamp(amount));
        return returns_true();
    }
    return std::nullopt;
}

}  // namespace

CallResult TestToken::construct(Host& host, const CallContext& context, ByteView args) const {
    AbiReader reader(args);
    ByteView name = reader.bytes(), symbol = reader.bytes();
    u128 decimals = reader.integer(8);
    expect_end(reader);
    if (name.size() > kMaxText || symbol.size() > kMaxText || context.value != 0) bad_calldata();
    host.store(slots::at(kNameSlot), pack_text(name));
    host.store(slots::at(kSymbolSlot), pack_text(symbol));
    host.store(slots::at(kDecimalsSlot), word_of(decimals));
    return CallResult::ok();
}

CallResult TestToken::call(Host& host, const CallContext& context, ByteView calldata) const {
    auto function = selector_of(calldata);
    if (!function || context.value != 0) bad_calldata();
    AbiReader args(calldata.subspan(4));
    Call token(host, context);
    if (auto result = run_view(token, *function, args)) return *result;
    if (auto result = run_write(token, context, *function, args)) return *result;
    bad_calldata();
}

Bytes TestToken::constructor_args(std::string_view name, std::string_view symbol, uint8_t decimals) {
    return AbiWriter().text(name).text(symbol).word(u128{decimals}).take();
}

const std::vector<std::string>& TestToken::error_signatures() {
    static const std::vector<std::string> kSignatures{
        "BadCalldata()",
        "ERC20InvalidReceiver(address)",
        "ERC20InvalidSpender(address)",
        "ERC20InsufficientBalance(address,uint256,uint256)",
        "ERC20InsufficientAllowance(address,uint256,uint256)",
    };
    return kSignatures;
}

}  // namespace gavel::l1
